"""The users, roles, buckets, keys and prefixes that random policies and calls use."""

from dataclasses import dataclass

ACCOUNT, OTHER_ACCOUNT = "123456789012", "444455556666"
OTHER_USER = f"arn:aws:iam::{ACCOUNT}:user/someone"
KEYS = ("bob/x", "bob/*/x", "bob", "bobby/x", "alice/a?b", "team-a/x", "u$er/x", "Bob/x")
PREFIXES = (None, "", "bob", "bob/", "bob/x", "bobby/", "team-a/", "bob/*/", "Bob/")
TAGS = {"dept": "a", "Zone": "b"}


@dataclass(frozen=True)
class Names:
    """The names of a bucket, a user, a role and its session, and their ARNs."""

    bucket: str
    user: str
    role: str
    session: str = "bob"

    @property
    def user_arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:user/{self.user}"

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role/{self.role}"

    @property
    def session_arn(self) -> str:
        return f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.role}/{self.session}"

    @property
    def bucket_arn(self) -> str:
        return f"arn:aws:s3:::{self.bucket}"

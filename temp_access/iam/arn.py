"""Amazon Resource Names: their parts, and the ARNs of IAM, STS and S3 that this project builds.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from typing import NamedTuple


class Arn(NamedTuple):
    """The parts of an ARN after `arn:`; `region` and `account` are empty where the service has none."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        """Return the ARN as AWS writes it."""
        return "arn:" + ":".join(self)

    @classmethod
    def parse(cls, arn: str) -> Arn:
        """Return the parts of `arn`; raises ValueError if it doesn't have six parts that begin with `arn`."""
        prefix, *parts = arn.split(":", 5)
        if prefix != "arn" or len(parts) != 5:
            raise ValueError(f"{arn!r:.200} isn't an ARN; write arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE")
        return cls(*parts)

    @property
    def name(self) -> str:
        """The last part of the resource's path: the name of a user, role, policy or session."""
        return self.resource.rpartition("/")[2]


def iam_arn(partition: str, account: str, resource: str) -> str:
    """Return the ARN of an IAM resource such as `role/NAME`, `user/NAME`, `policy/NAME` or `root`."""
    return f"arn:{partition}:iam::{account}:{resource}"


def role_session_arn(partition: str, account: str, role_name: str, session_name: str) -> str:
    """Return the ARN of a role session; it has the role's name without its path."""
    return f"arn:{partition}:sts::{account}:assumed-role/{role_name}/{session_name}"


def bucket_arn(partition: str, bucket: str) -> str:
    """Return the ARN of a bucket."""
    return f"arn:{partition}:s3:::{bucket}"


def object_arn(partition: str, bucket: str, key: str) -> str:
    """Return the ARN of an object, or of all objects that the pattern `key` matches."""
    return f"{bucket_arn(partition, bucket)}/{key}"

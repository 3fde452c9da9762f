"""The session policy of a grant."""

from collections.abc import Callable
from typing import Any

from temp_access.config.model import Grant
from temp_access.iam.document import VERSION, minimal_json
from temp_access.iam.patterns import escape
from temp_access.iam.request import LIST_BUCKET
from temp_access.policies.access_modes import ACCESS_MODES, AccessMode


def session_policy(folder: str, access: AccessMode, *, bucket: str, partition: str = "aws") -> dict[str, Any]:
    """Return the session policy for `access` to `folder` (no trailing slash) of `bucket`.

    Listing is allowed for the prefix `<folder>/` and those that begin with it (`*` also matches
    nothing), never for the bare `<folder>`: S3's prefix is a plain "starts with", so that would
    list every sibling whose name begins with it.
    """
    arn = f"arn:{partition}:s3:::{bucket}"
    path = escape(folder)
    statements: list[dict[str, Any]] = []
    if access.allows_listing:
        statements.append(
            {
                "Effect": "Allow",
                "Action": LIST_BUCKET,
                "Resource": arn,
                "Condition": {"StringLike": {"s3:prefix": f"{path}/*"}},
            }
        )
    if access.object_actions:
        actions = access.object_actions
        statements.append(
            {
                "Effect": "Allow",
                "Action": actions[0] if len(actions) == 1 else list(actions),
                "Resource": f"{arn}/{path}/*",
            }
        )
    return {"Version": VERSION, "Statement": statements[0] if len(statements) == 1 else statements}


ALLOW_ALL = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
PolicyForGrant = Callable[[Grant], str | None]


def session_policy_for(*, bucket: str, partition: str) -> PolicyForGrant:
    """Return the function that gives the session policy of a grant, as every caller sends it."""

    def policy_of(grant: Grant) -> str:
        access = ACCESS_MODES[grant.access]
        return minimal_json(session_policy(grant.folder, access, bucket=bucket, partition=partition))

    return policy_of

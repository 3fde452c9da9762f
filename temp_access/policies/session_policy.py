"""The session policy of a grant, which limits a session to the grant's folder."""

from collections.abc import Callable
from typing import Any

from temp_access.config.model import Grant
from temp_access.iam.arn import bucket_arn, object_arn
from temp_access.iam.policy_json import LIST_BUCKET, VERSION, escape, minimal_json
from temp_access.policies.access_modes import ACCESS_MODES, AccessMode


def session_policy(folder: str, access: AccessMode, *, bucket: str, partition: str = "aws") -> dict[str, Any]:
    """Return the session policy for `access` to `folder` (without a slash at the end) of `bucket`.

    It allows listing the prefix `<folder>/` and longer ones, because `*` also matches the empty string. It never
    allows the prefix `<folder>`, which would also list every sibling folder whose name begins with it.
    """
    path = escape(folder)
    statements: list[dict[str, Any]] = []
    if access.allows_listing:
        statements.append(
            {
                "Effect": "Allow",
                "Action": LIST_BUCKET,
                "Resource": bucket_arn(partition, bucket),
                "Condition": {"StringLike": {"s3:prefix": f"{path}/*"}},
            }
        )
    if access.object_actions:
        actions = access.object_actions
        statements.append(
            {
                "Effect": "Allow",
                "Action": actions[0] if len(actions) == 1 else list(actions),
                "Resource": object_arn(partition, bucket, f"{path}/*"),
            }
        )
    return {"Version": VERSION, "Statement": statements[0] if len(statements) == 1 else statements}


UNRESTRICTED_POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
PolicyForGrant = Callable[[Grant], str | None]


def session_policy_for(*, bucket: str, partition: str) -> PolicyForGrant:
    """Return the function from a grant to its session policy, in the JSON that is sent to STS."""

    def policy_for(grant: Grant) -> str:
        access = ACCESS_MODES[grant.access]
        return minimal_json(session_policy(grant.folder, access, bucket=bucket, partition=partition))

    return policy_for

"""The session policy of a grant, which limits a session to the grant's folder."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from temp_access.iam.arn import bucket_arn
from temp_access.iam.policy_json import VERSION, escape, minimal_json
from temp_access.policies.access_modes import AccessMode, grant_access

if TYPE_CHECKING:
    from temp_access.config.model import Grant


def session_policy(folder: str, access: AccessMode, *, bucket: str, partition: str = "aws") -> dict[str, Any]:
    """Return the session policy for `access` to `folder` (without a slash at the end) of `bucket`."""
    return folder_policy(folder, access, bucket_arn=bucket_arn(partition, bucket))


def folder_policy(folder: str, access: AccessMode, *, bucket_arn: str) -> dict[str, Any]:
    """Return the policy for `access` to `folder`; `bucket_arn` may be a CDK token.

    It is a grant's session policy, or the policy of its own role. It allows listing the prefix `<folder>/` and longer
    ones, because `*` also matches the empty string. It never allows the prefix `<folder>`, which would also list every
    sibling folder whose name begins with it. What it allows on the bucket without a prefix tells nothing about the
    objects.
    """
    path = escape(folder)
    statements: list[dict[str, Any]] = []
    if listing := access.prefix_actions:
        condition = {"StringLike": {"s3:prefix": f"{path}/*"}}
        statements.append({**_allow(listing, bucket_arn), "Condition": condition})
    if access.object_actions:
        statements.append(_allow(access.object_actions, f"{bucket_arn}/{path}/*"))
    # A request for one of these has no s3:prefix, so that condition would refuse all of them.
    if others := [action for action in access.bucket_actions if action not in listing]:
        statements.append(_allow(others, bucket_arn))
    return {"Version": VERSION, "Statement": statements[0] if len(statements) == 1 else statements}


def _allow(actions: Sequence[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions[0] if len(actions) == 1 else list(actions), "Resource": resource}


UNRESTRICTED_POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
PolicyForGrant = Callable[["Grant"], str | None]


def session_policy_for(*, bucket: str, partition: str) -> PolicyForGrant:
    """Return the function from a grant to its session policy, in the JSON that is sent to STS."""

    def policy_for(grant: "Grant") -> str:
        return minimal_json(session_policy(grant.folder, grant_access(grant), bucket=bucket, partition=partition))

    return policy_for

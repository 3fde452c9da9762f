"""The role's permissions: the ceiling of every session, on the one bucket."""

from collections.abc import Iterable
from typing import Any

from temp_access.policy.access import ACCESS_MODES, LIST_BUCKET, combined_mode
from temp_access.policy.session import VERSION


def role_policy(modes: Iterable[str], *, bucket_arn: str) -> dict[str, Any]:
    """Return the role's policy: the actions of all `modes` on the whole bucket.

    Its size depends on the modes, never on the number of grants. `bucket_arn` may be a CDK token.
    """
    ceiling = combined_mode(ACCESS_MODES[mode] for mode in modes)
    statements: list[dict[str, Any]] = []
    if ceiling.allows_listing:
        statements.append({"Effect": "Allow", "Action": LIST_BUCKET, "Resource": bucket_arn})
    if ceiling.object_actions:
        statements.append({"Effect": "Allow", "Action": list(ceiling.object_actions), "Resource": f"{bucket_arn}/*"})
    return {"Version": VERSION, "Statement": statements}

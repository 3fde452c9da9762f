"""The role's permissions and tags."""

from collections.abc import Iterable
from typing import Any

from temp_access.iam.document import VERSION
from temp_access.iam.request import LIST_BUCKET
from temp_access.policies.access_modes import ACCESS_MODES, combined_mode


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


TAG_PREFIX = "temp-access:"
BUCKET_TAG, CONFIG_TAG = f"{TAG_PREFIX}bucket", f"{TAG_PREFIX}config"

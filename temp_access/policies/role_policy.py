"""The role's permissions: the ceiling of every session, on the one bucket."""

from collections.abc import Iterable
from typing import Any

from temp_access.iam.policy_json import VERSION


def role_policy(bucket_arn: str, *, bucket_actions: Iterable[str], object_actions: Iterable[str]) -> dict[str, Any]:
    """Return the role's policy: `bucket_actions` on the bucket, `object_actions` on all of its objects.

    Its size depends on the actions, never on the number of grants. `bucket_arn` may be a CDK token.
    """
    on_bucket, on_objects = list(bucket_actions), list(object_actions)
    statements: list[dict[str, Any]] = []
    if on_bucket:
        action = on_bucket[0] if len(on_bucket) == 1 else on_bucket
        statements.append({"Effect": "Allow", "Action": action, "Resource": bucket_arn})
    if on_objects:
        statements.append({"Effect": "Allow", "Action": on_objects, "Resource": f"{bucket_arn}/*"})
    return {"Version": VERSION, "Statement": statements}


TAG_PREFIX = "temp-access:"
CONFIG_OUTPUT = "ConfigDigest"
BUCKET_TAG, CONFIG_TAG = f"{TAG_PREFIX}bucket", f"{TAG_PREFIX}config"
# The tag of every resource, besides those of [tags].
PROJECT_TAG = "project"

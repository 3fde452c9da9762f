"""The session policy: what narrows one AssumeRole call to one folder."""

import json
from typing import Any

from temp_access.policy.access import LIST_BUCKET, AccessMode

# AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
_ESCAPES = str.maketrans({"$": "${$}", "*": "${*}", "?": "${?}"})

VERSION = "2012-10-17"


def escape(text: str) -> str:
    """Return `text` as a policy matches it literally, its `*`, `?` and `$` as policy variables."""
    return text.translate(_ESCAPES)


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


def minimal_json(policy: dict[str, Any]) -> str:
    """Return the smallest JSON of `policy`; its length in characters is what STS counts, at most 2048."""
    return json.dumps(policy, separators=(",", ":"), ensure_ascii=False)

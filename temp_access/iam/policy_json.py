"""A policy as JSON: its version, its smallest text, and names that it must match literally.

Borrowing imports this module and nothing of the evaluator.
"""

import json
from collections.abc import Mapping
from typing import Any

VERSION = "2012-10-17"
Document = Mapping[str, Any]
LIST_BUCKET, LIST_BUCKET_VERSIONS = "s3:ListBucket", "s3:ListBucketVersions"
GET_BUCKET_LOCATION = "s3:GetBucketLocation"

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
_ESCAPES = str.maketrans({"$": "${$}", "*": "${*}", "?": "${?}"})


def escape(value: str) -> str:
    """Return the pattern that matches only `value`: its `*`, `?` and `$` become policy variables."""
    return value.translate(_ESCAPES)


def read_document(value: Any) -> Document:
    """Return what AWS has as a policy: JSON or what is read from it.

    What isn't a JSON object is kept as a statement, which the evaluator can't read: it may allow and deny everything.
    """
    try:
        decoded = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        decoded = value
    return decoded if isinstance(decoded, dict) else {"Statement": decoded}


def minimal_json(policy: Mapping[str, Any]) -> str:
    """Return the smallest JSON of `policy`; its length in characters is what STS counts, at most 2048."""
    return json.dumps(policy, separators=(",", ":"), ensure_ascii=False)

"""The bundled AWS managed policies, and the two extreme policies ALLOW_ALL and ALLOW_NOTHING."""

import json
import lzma
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("aws_managed.json.xz")
_AWS_POLICY_PATH = ":iam::aws:policy/"


def bundled_document(arn: str) -> Mapping[str, Any] | None:
    """Return the document of the AWS managed policy `arn` as of the date in the file, None if it isn't bundled."""
    _, path, name = arn.partition(_AWS_POLICY_PATH)
    document: Mapping[str, Any] | None = _documents().get(name) if path else None
    return document


@cache
def _documents() -> dict[str, Any]:
    documents: dict[str, Any] = json.loads(lzma.decompress(_FILE.read_bytes()))["policies"]
    return documents


ALLOW_ALL: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
ALLOW_NOTHING: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "none:none", "Resource": "*"}],
}

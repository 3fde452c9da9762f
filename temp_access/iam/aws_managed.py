"""Bundled AWS managed policies; ALLOW_ALL, ALLOW_NOTHING (6 copies today)."""

import json
import lzma
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("aws_managed.json.xz")
_MARK = ":iam::aws:policy/"


def bundled_document(arn: str) -> Mapping[str, Any] | None:
    """Return the document of the AWS managed policy `arn` as of the date in the file, None if it isn't kept."""
    _, mark, name = arn.partition(_MARK)
    found: Mapping[str, Any] | None = _documents().get(name) if mark else None
    return found


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

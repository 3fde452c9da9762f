"""The documents of AWS managed policies, kept here for looking at templates without an account."""

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

"""The bundled AWS managed policies, and the extreme policies ALLOW_ALL, ALLOW_NOTHING and DENY_ALL.

The file holds their documents by name with path, as of the date in its note. It is read when the first policy is
looked up, which takes some 40 milliseconds.
"""

import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("aws_managed.json.xz")
_POLICY_PREFIX = ":iam::aws:policy/"

ALLOW_ALL: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
ALLOW_NOTHING: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "none:none", "Resource": "*"}],
}
DENY_ALL: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
}


def bundled_document(arn: str) -> Mapping[str, Any] | None:
    """Return the document of the AWS managed policy `arn`, None if it isn't bundled."""
    _, prefix, name = arn.partition(_POLICY_PREFIX)
    document: Mapping[str, Any] | None = _bundle()["policies"].get(name) if prefix else None
    return document


def bundled_names() -> Collection[str]:
    """Return the names, with their paths, of all bundled policies."""
    names: Mapping[str, Any] = _bundle()["policies"]
    return names.keys()


def bundled_note() -> str:
    """Return the bundle's date and source."""
    return str(_bundle()["note"])


@cache
def _bundle() -> dict[str, Any]:
    import lzma

    bundle: dict[str, Any] = json.loads(lzma.decompress(_FILE.read_bytes()))
    return bundle

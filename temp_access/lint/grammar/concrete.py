"""A document with made-up values in place of its references, so that its grammar can be checked."""

import re

_KNOWN = {"<AWS.Partition>": "aws", "<AWS.AccountId>": "111122223333", "<AWS.Region>": "eu-central-1"}
_KNOWN |= {"<AWS.URLSuffix>": "amazonaws.com"}
_REFERENCE = re.compile(r"<[^<>]*>")
_ARN = "arn:aws:iam::111122223333:role/r"


def concrete(value: object, element: str = "") -> object:
    """Return `value` with each reference replaced by what stands there after a deployment."""
    if isinstance(value, dict):
        return {_text(key, ""): concrete(inner, element or key) for key, inner in value.items()}
    if isinstance(value, list):
        return [concrete(item, element) for item in value]
    return _text(value, element) if isinstance(value, str) else value


def statement(body: dict[str, object]) -> dict[str, object]:
    """Return a statement likewise; what its references are depends on the element."""
    return {element: concrete(value, element) for element, value in body.items()}


def _text(text: str, element: str) -> str:
    for reference, known in _KNOWN.items():
        text = text.replace(reference, known)
    if text.startswith("<") and element in ("Resource", "NotResource"):
        # Of which service it is isn't known.
        return "*"
    if element in ("Principal", "NotPrincipal") or text.endswith((".Arn>", ".arn>")):
        return _REFERENCE.sub(_ARN, text) if _REFERENCE.fullmatch(text) else _REFERENCE.sub("r", text)
    return _REFERENCE.sub("r", text)

"""DeleteObjects, tags, ACLs."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

from defusedxml.ElementTree import fromstring

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
Entry = dict[str, str]
MayDelete = Callable[[str, str], bool]


def divided(body: bytes, may_delete: MayDelete) -> tuple[bytes, list[Entry], list[Entry]]:
    """Return the body for the keys that may be deleted, those entries, and the denied ones; ValueError unless XML."""
    try:
        root: Any = fromstring(body)
    except SyntaxError as error:
        raise ValueError("not XML") from error
    entries = [_fields(child) for child in root if _name(child) == "Object"]
    wanted = [entry for entry in entries if may_delete(entry.get("Key", ""), entry.get("VersionId", ""))]
    others = "".join(_written(_name(child), child.text or "") for child in root if _name(child) != "Object")
    objects = "".join(
        f"<Object>{''.join(_written(name, text) for name, text in entry.items())}</Object>" for entry in wanted
    )
    rewritten = f'<Delete xmlns="{_NAMESPACE}">{objects}{others}</Delete>'.encode()
    return rewritten, wanted, [entry for entry in entries if entry not in wanted]


def with_errors(answer: bytes, denied: list[Entry]) -> bytes:
    """Return the answer with an AccessDenied for each denied entry."""
    errors = "".join(
        "<Error>"
        + "".join(_written(name, text) for name, text in entry.items() if name in ("Key", "VersionId"))
        + "<Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        for entry in denied
    )
    end = b"</DeleteResult>"
    if end not in answer:
        return f'<?xml version="1.0"?><DeleteResult xmlns="{_NAMESPACE}">{errors}</DeleteResult>'.encode()
    return answer.replace(end, errors.encode() + end)


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _fields(element: Any) -> Entry:
    return {_name(child): child.text or "" for child in element}


def _written(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


_HEADERS = {
    "x-amz-tagging": "s3:PutObjectTagging",
    "x-amz-acl": "s3:PutObjectAcl",
    "x-amz-grant-": "s3:PutObjectAcl",
    "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
    "x-amz-object-lock-mode": "s3:PutObjectRetention",
}


def write_actions(headers: Mapping[str, str]) -> Iterator[str]:
    """Tags, ACLs, legal holds and retention have permissions of their own.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
    """
    # The directive says what a copy does with tags, and sets none by itself.
    named = [name for name, value in headers.items() if value and name != "x-amz-tagging-directive"]
    for header, action in _HEADERS.items():
        if any(name.startswith(header) for name in named):
            yield action

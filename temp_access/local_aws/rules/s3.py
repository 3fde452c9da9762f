"""DeleteObjects with permissions for each key, and the further permissions of a write with tags, ACLs or a lock."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

from defusedxml.ElementTree import fromstring

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
# The element that DeleteObjects has for each object: Key, VersionId and so on.
ObjectIdentifier = dict[str, str]
# Whether a key, in a version or in none (""), may be deleted.
DeletePermission = Callable[[str, str], bool]
# A header, or the beginning of its name, and the action that a write with it needs.
_WRITE_ACTIONS = {
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
    # The directive tells a copy what to do with tags, and sets none by itself.
    names = [name for name, value in headers.items() if value and name != "x-amz-tagging-directive"]
    for prefix, action in _WRITE_ACTIONS.items():
        if any(name.startswith(prefix) for name in names):
            yield action


def split_batch_delete(
    body: bytes, may_delete: DeletePermission
) -> tuple[bytes, list[ObjectIdentifier], list[ObjectIdentifier]]:
    """DeleteObjects deletes each key that the caller may delete, and reports AccessDenied for each of the others.

    Returns the body for the permitted objects, those objects, and the denied ones; raises ValueError unless `body` is
    XML. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
    """
    try:
        root: Any = fromstring(body)
    except SyntaxError as error:
        raise ValueError("not XML") from error
    objects = [_fields(child) for child in root if _name(child) == "Object"]
    permitted = [item for item in objects if may_delete(item.get("Key", ""), item.get("VersionId", ""))]
    options = "".join(_element(_name(child), child.text or "") for child in root if _name(child) != "Object")
    elements = "".join(
        f"<Object>{''.join(_element(name, value) for name, value in item.items())}</Object>" for item in permitted
    )
    permitted_body = f'<Delete xmlns="{_NAMESPACE}">{elements}{options}</Delete>'.encode()
    return permitted_body, permitted, [item for item in objects if item not in permitted]


def add_delete_errors(reply: bytes, denied: list[ObjectIdentifier]) -> bytes:
    """Return the reply to DeleteObjects with an AccessDenied for each denied object."""
    errors = "".join(
        "<Error>"
        + "".join(_element(name, value) for name, value in item.items() if name in ("Key", "VersionId"))
        + "<Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        for item in denied
    )
    end = b"</DeleteResult>"
    if end not in reply:
        return f'<?xml version="1.0"?><DeleteResult xmlns="{_NAMESPACE}">{errors}</DeleteResult>'.encode()
    return reply.replace(end, errors.encode() + end)


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _fields(element: Any) -> ObjectIdentifier:
    return {_name(child): child.text or "" for child in element}


def _element(name: str, content: str) -> str:
    return f"<{name}>{escape(content)}</{name}>"

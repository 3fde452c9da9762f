"""The object that a request names, missing objects, DeleteObjects, and the further permissions of a write."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from defusedxml.ElementTree import fromstring

from temp_access.local_aws.rules.call import AwsError
from temp_access.local_aws.rules.http import invalid_uri

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
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    "if-match": "s3:GetObject",
}


def bucket_and_key(path: str) -> tuple[str, str]:
    """Return the bucket and the key of a decoded path; the key is all that follows the slash after the bucket.

    A key is a sequence of characters: empty and dotted segments, and a slash at its end, belong to it.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    bucket, _, key = path.lstrip("/").partition("/")
    return bucket, key


def bucket_comes_first(path: str) -> None:
    """Nothing stands between the slash at the start of the path and the bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html#path-style-access
    """
    if path.startswith("//"):
        raise invalid_uri()


def relative_segments(key: str) -> None:
    """Read from the left, a key never has more segments `..` than other ones.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html#object-key-guidelines
    """
    depth = 0
    for segment in key.split("/"):
        depth += -1 if segment == ".." else segment not in ("", ".")
        if depth < 0:
            raise invalid_uri()


def missing_object(method: str, path: str, copy_source: str, reply: bytes) -> tuple[str, str]:
    """Return the bucket and the key of the object that the reply with status 404 says is missing; no key for others.

    `copy_source` is the header x-amz-copy-source: a copy reads that object.
    """
    if method != "HEAD" and b"<Code>NoSuchKey</Code>" not in reply and b"<Code>NoSuchVersion</Code>" not in reply:
        return "", ""
    if method == "PUT" and copy_source:
        return bucket_and_key(unquote(copy_source.lstrip("/").partition("?")[0]))
    return bucket_and_key(path)


def missing_object_denial(principal_arn: str, bucket_arn: str) -> AwsError:
    """A missing object answers 403 to a caller that may not list the bucket with the object's key as s3:prefix.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    https://github.com/ceph/ceph/pull/68577
    """
    return AwsError(
        "AccessDenied",
        f"User: {principal_arn} is not authorized to perform: s3:ListBucket on resource: "
        f'"{bucket_arn}" because no identity-based policy allows the s3:ListBucket action',
        403,
    )


def write_actions(headers: Mapping[str, str]) -> Iterator[str]:
    """Tags, ACLs, legal holds, retention and the condition on the present ETag need further permissions.

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

"""One request as the proxy reads it, with the name of its operation."""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BufferedIOBase
from urllib.parse import parse_qs, urlsplit

# The operation of each S3 request by method, whether it has a key, and the subresource in its query.
_S3 = {
    ("GET", False, ""): "ListObjects",
    ("GET", False, "list-type"): "ListObjectsV2",
    ("GET", False, "versions"): "ListObjectVersions",
    ("GET", False, "uploads"): "ListMultipartUploads",
    ("GET", False, "policy"): "GetBucketPolicy",
    ("GET", False, "location"): "GetBucketLocation",
    ("GET", False, "versioning"): "GetBucketVersioning",
    ("GET", False, "encryption"): "GetBucketEncryption",
    ("GET", False, "publicAccessBlock"): "GetPublicAccessBlock",
    ("GET", False, "ownershipControls"): "GetBucketOwnershipControls",
    ("HEAD", False, ""): "HeadBucket",
    ("POST", False, "delete"): "DeleteObjects",
    ("GET", True, ""): "GetObject",
    ("GET", True, "tagging"): "GetObjectTagging",
    ("GET", True, "uploadId"): "ListParts",
    ("HEAD", True, ""): "HeadObject",
    ("PUT", True, ""): "PutObject",
    ("PUT", True, "uploadId"): "UploadPart",
    ("POST", True, "uploads"): "CreateMultipartUpload",
    ("POST", True, "uploadId"): "CompleteMultipartUpload",
    ("DELETE", True, ""): "DeleteObject",
    ("DELETE", True, "uploadId"): "AbortMultipartUpload",
}


@dataclass(frozen=True)
class Call:
    """A request; `name` is `service:Operation`."""

    name: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def read_call(method: str, target: str, headers: Iterable[tuple[str, str]], stream: BufferedIOBase) -> Call:
    """Read the body of a request whose head was read already."""
    headers = tuple(headers)
    fields = {name.lower(): value for name, value in headers}
    body = _body(fields, stream)
    return Call(_name(method, target, fields, body), method, target, headers, body)


def _body(fields: dict[str, str], stream: BufferedIOBase) -> bytes:
    if fields.get("transfer-encoding", "").lower() != "chunked":
        return stream.read(int(fields.get("content-length", 0)))
    body = b""
    while size := int(stream.readline().partition(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body


def _name(method: str, target: str, fields: dict[str, str], body: bytes) -> str:
    parts = urlsplit(target)
    scope = fields.get("authorization", "").partition("Credential=")[2].split("/")
    service = scope[3] if len(scope) > 3 else "signin" if parts.path == "/federation" else "s3"
    if service != "s3":
        actions = parse_qs(body.decode("latin-1")).get("Action") or parse_qs(parts.query).get("Action")
        return f"{service}:{actions[0] if actions else fields.get('x-amz-target', '?')}"
    query = parse_qs(parts.query, keep_blank_values=True)
    bucket, _, key = parts.path.lstrip("/").partition("/")
    if not bucket:
        return "s3:ListBuckets"
    resource = next((name for name in query if (method, bool(key), name) in _S3), "")
    if "x-amz-copy-source" in fields:
        return "s3:CopyObject"
    return f"s3:{_S3.get((method, bool(key), resource), f'{method} {resource}')}"

"""The requests that are refused before they reach ministack: broken targets, its own paths, and anonymous requests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote_to_bytes

from temp_access.local_aws.rules.call import AwsError, Response

# In bytes. Of the requests of SDKs, presigned URLs with a session token have the longest heads, of about 3 KB.
MAX_HEAD = 16 * 1024
_SIGNATURE_PARAMETERS = ("x-amz-algorithm", "x-amz-credential", "x-amz-signature", "awsaccesskeyid", "signature")
_FORM = "application/x-www-form-urlencoded"
# The characters of a valid percent-encoding; the server has already refused others, such as spaces.
_BROKEN_ENCODING = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class PathAndQuery:
    """The target of a request: its path as sent and decoded once, and the values of each query parameter."""

    raw_path: str
    path: str
    query: dict[str, list[str]]

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters; the first value where a name repeats."""
        return {name: values[0] for name, values in self.query.items()}


def target_of(scope: Mapping[str, Any]) -> PathAndQuery:
    """Return the target; raises AwsError unless it is a path that begins with a slash, encoded from UTF-8.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    raw_path, query = scope["raw_path"], scope.get("query_string", b"")
    try:
        path = unquote_to_bytes(raw_path).decode("utf-8")
        parameters = parse_qs(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise invalid_uri() from None
    if not path.startswith("/") or "\0" in path or _BROKEN_ENCODING.search(raw_path):
        raise invalid_uri()
    return PathAndQuery(raw_path.decode("ascii"), path, parameters)


def invalid_uri() -> AwsError:
    """Return the error for a target that names nothing.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
    """
    return AwsError("InvalidURI", "Couldn't parse the specified URI.")


def head_is_small(scope: Mapping[str, Any]) -> None:
    """The target and the headers of a request have at most MAX_HEAD bytes together.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
    """
    size = len(scope["raw_path"]) + len(scope.get("query_string", b""))
    if size + sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEAD:
        message = "Your request header section exceeds the maximum allowed request header section size."
        raise AwsError("RequestHeaderSectionTooLarge", message)


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the request's headers by lower-case name; the last one where a name repeats."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def is_internal_path(path: str) -> bool:
    """AWS doesn't have ministack's own paths (reset, config, inspection), and no bucket name begins with an underscore.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    return path.startswith("/_") or path in ("/health", "/health/")


def has_signature(headers: Mapping[str, str], target: PathAndQuery) -> bool:
    """Return whether the request has an Authorization header or the parameters of a presigned URL, right or wrong."""
    return "authorization" in headers or any(name.lower() in _SIGNATURE_PARAMETERS for name in target.query)


def anonymous_error(method: str, headers: Mapping[str, str]) -> Response:
    """S3 denies anonymous requests, because no bucket here is public; other services answer that the token is missing.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    if "x-amz-target" in headers or _is_form(method, headers):
        return AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403).query_xml("sts")
    return AwsError("AccessDenied", "Access Denied", 403).rest_xml()


def is_ambiguous(method: str, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
    """One request names one operation, or ministack could authorize one and perform another."""
    return sum(["Action" in query, "x-amz-target" in headers, _is_form(method, headers)]) > 1


def may_be_query(method: str, headers: Mapping[str, str], target: PathAndQuery) -> bool:
    """Return whether the request can be one of STS's query protocol: its parameters are in the URL or in a form."""
    return target.path == "/" and (_is_form(method, headers) or (method == "GET" and "Action" in target.query))


def _is_form(method: str, headers: Mapping[str, str]) -> bool:
    return method == "POST" and headers.get("content-type", "").startswith(_FORM)

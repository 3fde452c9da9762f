"""The requests that are refused before they reach ministack: its internal paths, and anonymous requests."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from temp_access.local_aws.rules.call import AwsError, Response

_FORM = "application/x-www-form-urlencoded"
_SIGNATURE_PARAMETERS = ("x-amz-algorithm", "x-amz-credential", "x-amz-signature", "awsaccesskeyid", "signature")


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the request's headers by lower-case name; the last one where a name repeats."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def query_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the query's parameters; the first one where a name repeats."""
    query = scope.get("query_string", b"").decode("latin-1")
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


def is_internal_path(path: str) -> bool:
    """AWS doesn't have ministack's own paths (reset, config, inspection), and no bucket name begins with an underscore.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    return path.startswith("/_") or path in ("/health", "/health/")


def is_anonymous(headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
    """A request is anonymous when neither its headers nor its query have an AWS signature.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
    """
    return not headers.get("authorization", "").startswith("AWS") and not any(
        name.lower() in _SIGNATURE_PARAMETERS for name in query
    )


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


def _is_form(method: str, headers: Mapping[str, str]) -> bool:
    return method == "POST" and headers.get("content-type", "").startswith(_FORM)

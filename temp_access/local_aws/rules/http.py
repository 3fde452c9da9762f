"""What is refused before ministack sees it: its own back doors, and whatever carries no AWS signature."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from temp_access.local_aws.rules.call import AwsError, Response

_SIGNED_BY = ("x-amz-algorithm", "x-amz-credential", "x-amz-signature", "awsaccesskeyid", "signature")


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the request's headers, the last one of a name."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def query_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the query's parameters, the first one of a name."""
    text = scope.get("query_string", b"").decode("latin-1")
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


def internal_path(path: str) -> bool:
    """ministack's own paths (reset, config, inspection) aren't AWS; no bucket's name begins with an underscore.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    return path.startswith("/_") or path in ("/health", "/health/")


def is_anonymous(headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
    """A request is anonymous when neither its headers nor its query carry an AWS signature.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
    """
    return not headers.get("authorization", "").startswith("AWS") and not any(
        name.lower() in _SIGNED_BY for name in query
    )


def anonymous_refusal(method: str, headers: Mapping[str, str]) -> Response:
    """Anonymous requests are denied by S3 (no bucket here is public), and lack a token everywhere else.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if "x-amz-target" in headers or (method == "POST" and is_form):
        return AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403).query("sts")
    return AwsError("AccessDenied", "Access Denied", 403).rest_xml()


def is_ambiguous(method: str, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
    """One request names one operation: else one could be authorized and the other done."""
    named = [
        "Action" in query,
        "x-amz-target" in headers,
        method == "POST" and headers.get("content-type", "").startswith("application/x-www-form-urlencoded"),
    ]
    return sum(named) > 1

"""The URL that signs in to the AWS console with borrowed credentials.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from temp_access.aws.patience import PATIENCE
from temp_access.borrow.cached_session import SessionCredentials
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.sts_limits import MAX_DURATION, MIN_DURATION

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError


# https://docs.aws.amazon.com/general/latest/gr/signin-service.html
_SIGN_IN = {
    "aws": "https://signin.aws.amazon.com",
    "aws-us-gov": "https://signin.amazonaws-us-gov.com",
    "aws-cn": "https://signin.amazonaws.cn",
}
_CONSOLES = {
    "aws": "https://console.aws.amazon.com",
    "aws-us-gov": "https://console.amazonaws-us-gov.com",
    "aws-cn": "https://console.amazonaws.cn",
}
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class SignInEndpoint:
    """The federation endpoint's URL, and the page that the console opens after the sign-in."""

    url: str
    destination: str


def sign_in(partition: str, destination: str, *, endpoint_url: str | None = None) -> SignInEndpoint:
    """Return the sign-in endpoint of the partition, or of the service at `endpoint_url` (such as the local AWS).

    Raises UserError for a partition without a known endpoint, and for a URL that isn't https (http is allowed on this
    machine).
    """
    _require_safe("the destination", destination)
    if endpoint_url is None and partition not in _SIGN_IN:
        raise UserError(
            f"the partition {partition!r} has no known sign-in endpoint (known: {', '.join(_SIGN_IN)}); use "
            "the credentials without the console, with temp-access credentials or exec"
        )
    base = endpoint_url.rstrip("/") if endpoint_url else _SIGN_IN[partition]
    _require_safe("the endpoint", base)
    return SignInEndpoint(f"{base}/federation", destination)


def folder_page(partition: str, *, bucket: str, folder: str, region: str, endpoint_url: str | None = None) -> str:
    """Return the URL of the folder's page in the console; with `endpoint_url`, the same path at that endpoint."""
    if endpoint_url is None and partition not in _CONSOLES:
        raise UserError(
            f"the partition {partition!r} has no known console (known: {', '.join(_CONSOLES)}); pass the "
            "page's URL with --destination"
        )
    base = endpoint_url.rstrip("/") if endpoint_url else _CONSOLES[partition]
    query = urlencode({"region": region, "prefix": f"{folder}/", "showversions": "false"}, quote_via=quote, safe="")
    return f"{base}/s3/buckets/{quote(bucket, safe='')}?{query}"


def session_duration(seconds_left: float, *, chained: bool) -> int | None:
    """Return the SessionDuration parameter, at most the time that the credentials have left; None to leave it out.

    The endpoint refuses the parameter for credentials of role chaining, and values under 900 seconds. Without it, the
    console session ends with the credentials.
    """
    left = min(int(seconds_left), MAX_DURATION)
    return None if chained or left < MIN_DURATION else left


def sign_in_url(
    endpoint: SignInEndpoint,
    credentials: SessionCredentials,
    *,
    duration: int | None = None,
    ca_bundle: str | None = None,
) -> str:
    """Return the URL, which is a secret and works for 15 minutes; `duration` is from session_duration().

    Raises TempAccessError with exit code 3 if the endpoint gives no token.
    """
    session = {
        "sessionId": credentials["AccessKeyId"],
        "sessionKey": credentials["SecretAccessKey"],
        "sessionToken": credentials["SessionToken"],
    }
    form = {"Action": "getSigninToken", "Session": json.dumps(session)}
    if duration is not None:
        form["SessionDuration"] = str(duration)
    token = _token(_post(endpoint.url, form, ca_bundle), endpoint.url)
    login = {"Action": "login", "Issuer": "temp-access", "Destination": endpoint.destination, "SigninToken": token}
    return f"{endpoint.url}?{urlencode(login, quote_via=quote, safe='')}"


def _require_safe(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if not url.isprintable() or " " in url or not parts.hostname or parts.username is not None:
        raise UserError(f"{name} {url!r} isn't a valid URL; write it like https://console.aws.amazon.com/s3")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise UserError(f"{name} {url!r} isn't https; use https (http is allowed only on this machine)")


def _post(endpoint: str, form: Mapping[str, str], ca_bundle: str | None) -> bytes:
    """Return the response to a POST request; its body keeps the secrets out of access logs.

    botocore's session follows no redirects: the credentials are for this endpoint only.
    """
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import BotoCoreError
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    if ca_bundle is not None:
        _require_readable(ca_bundle)
    # A proxy can't reach this machine's loopback address.
    proxies = {} if urlsplit(endpoint).hostname in LOOPBACK else get_environ_proxies(endpoint)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", endpoint, headers=headers, data=urlencode(form).encode())
    # botocore accepts a file name too; its type stubs only have bool.
    verify: Any = ca_bundle or True
    timeout: Any = PATIENCE.timeouts
    try:
        response = URLLib3Session(verify=verify, proxies=proxies, timeout=timeout).send(request.prepare())
    except BotoCoreError as error:
        raise TempAccessError(
            f"the sign-in endpoint {endpoint} can't be reached: {_root_cause(error)}; check the network, HTTPS_PROXY "
            "and AWS_CA_BUNDLE",
            exit_code=3,
        ) from None
    status = response.status_code
    if status == 429 or status >= 500:
        raise TempAccessError(
            f"the sign-in endpoint {endpoint} answered with HTTP {status}; try again later", exit_code=3
        )
    if not 200 <= status < 300:
        raise TempAccessError(
            f"the sign-in endpoint {endpoint} gave no token, with HTTP {status}: the credentials have expired or "
            "aren't a role's, or something else answered; run `temp-access forget ID` and try again",
            # The endpoint has no code by which it refuses, so the status may be a proxy's.
            exit_code=3,
        )
    return response.content


def _require_readable(ca_bundle: str) -> None:
    """Raise UserError if the file holds no certificates; botocore would notice only after connecting."""
    try:
        ssl.create_default_context(cafile=ca_bundle)
    except OSError as error:
        raise UserError(f"the CA bundle {ca_bundle} can't be read ({error.strerror}); correct AWS_CA_BUNDLE") from None


def _root_cause(error: "BotoCoreError") -> object:
    """Return the error that botocore and urllib3 wrap."""
    cause = error.kwargs.get("error", error)
    while isinstance(cause, Exception) and cause.args and isinstance(cause.args[-1], Exception):
        cause = cause.args[-1]
    return cause


def _token(response: bytes, endpoint: str) -> str:
    try:
        token = json.loads(response)["SigninToken"]
    except (ValueError, KeyError, TypeError):
        token = None
    if not isinstance(token, str) or not token:
        # The response may contain the token under another name, so it isn't shown.
        raise TempAccessError(f"the sign-in endpoint {endpoint} returned no SigninToken; try again later", exit_code=3)
    return token

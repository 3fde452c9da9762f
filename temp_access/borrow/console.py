"""The URL that signs in to the AWS console with borrowed credentials.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from temp_access.errors import TempAccessError, UserError

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
_SHORTEST, _LONGEST = 900, 43200
_SECONDS = 30
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class SignInEndpoint:
    """Where to sign in: the endpoint, and the page that the console opens first."""

    endpoint: str
    destination: str


def sign_in(partition: str, destination: str, *, endpoint_url: str | None = None) -> SignInEndpoint:
    """Return where to sign in for `destination`; `endpoint_url` is a service's that isn't AWS, such as the local AWS.

    Raises UserError for a partition whose endpoint isn't known, and for a URL that isn't https (or of this machine).
    """
    _require_safe("the destination", destination)
    if endpoint_url is None and partition not in _SIGN_IN:
        raise UserError(
            f"the console's sign-in endpoint of the partition {partition!r} isn't known here (known: "
            f"{', '.join(_SIGN_IN)}); use the credentials themselves, with temp-access credentials or exec"
        )
    base = endpoint_url.rstrip("/") if endpoint_url else _SIGN_IN[partition]
    _require_safe("the endpoint", base)
    return SignInEndpoint(f"{base}/federation", destination)


def folder_page(partition: str, *, bucket: str, folder: str, region: str, endpoint_url: str | None = None) -> str:
    """Return the console's page of a folder; at an endpoint that isn't AWS, what would be its address."""
    if endpoint_url is None and partition not in _CONSOLES:
        raise UserError(
            f"the console of the partition {partition!r} isn't known here (known: {', '.join(_CONSOLES)}); pass its "
            "page with --destination"
        )
    base = endpoint_url.rstrip("/") if endpoint_url else _CONSOLES[partition]
    query = urlencode({"region": region, "prefix": f"{folder}/", "showversions": "false"}, quote_via=quote, safe="")
    return f"{base}/s3/buckets/{quote(bucket, safe='')}?{query}"


def session_duration(seconds_left: float, *, chained: bool) -> int | None:
    """Return the SessionDuration to ask for: never more than the credentials have left, None to leave it out.

    For credentials of role chaining the call fails with it; under 900 s it isn't taken. Left out, the console's
    session ends with the credentials.
    """
    left = min(int(seconds_left), _LONGEST)
    return None if chained or left < _SHORTEST else left


def sign_in_url(
    place: SignInEndpoint, credentials: Mapping[str, str], *, duration: int | None = None, ca_bundle: str | None = None
) -> str:
    """Return the URL, which is a secret and works for 15 minutes.

    `credentials` has AccessKeyId, SecretAccessKey and SessionToken; `duration` is from session_duration(). Raises
    TempAccessError with exit code 1 if the endpoint refuses, 3 if it can't be reached.
    """
    session = {
        "sessionId": credentials["AccessKeyId"],
        "sessionKey": credentials["SecretAccessKey"],
        "sessionToken": credentials["SessionToken"],
    }
    form = {"Action": "getSigninToken", "Session": json.dumps(session)}
    if duration is not None:
        form["SessionDuration"] = str(duration)
    token = _token(_post(place.endpoint, form, ca_bundle), place.endpoint)
    login = {"Action": "login", "Issuer": "temp-access", "Destination": place.destination, "SigninToken": token}
    return f"{place.endpoint}?{urlencode(login, quote_via=quote, safe='')}"


def _require_safe(what: str, url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if not url.isprintable() or " " in url or not parts.hostname or parts.username is not None:
        raise UserError(f"{what} {url!r} isn't a URL to go to; write it like https://console.aws.amazon.com/s3")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise UserError(f"{what} {url!r} isn't https; only this machine's own may be http")


def _post(endpoint: str, form: Mapping[str, str], ca_bundle: str | None) -> bytes:
    """Return the endpoint's answer to a POST, which keeps the secrets out of the logs on the way.

    botocore's session follows no redirect: the credentials are for one endpoint.
    """
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import BotoCoreError
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    if ca_bundle is not None:
        _require_readable(ca_bundle)
    # No proxy leads back to this machine.
    proxies = {} if urlsplit(endpoint).hostname in LOOPBACK else get_environ_proxies(endpoint)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", endpoint, headers=headers, data=urlencode(form).encode())
    # botocore takes a file's name as well; its types say bool alone.
    verify: Any = ca_bundle or True
    try:
        response = URLLib3Session(verify=verify, proxies=proxies, timeout=_SECONDS).send(request.prepare())
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
            f"the sign-in endpoint {endpoint} refused with HTTP {status}: the credentials have ended, or aren't a "
            "role's; borrow again (temp-access forget ID)",
            exit_code=1,
        )
    return response.content


def _require_readable(ca_bundle: str) -> None:
    """Raise UserError if the file holds no certificates; botocore would only notice after connecting."""
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


def _token(answer: bytes, endpoint: str) -> str:
    try:
        token = json.loads(answer)["SigninToken"]
    except (ValueError, KeyError, TypeError):
        token = None
    if not isinstance(token, str) or not token:
        # What it said may hold the token under another name, so it isn't shown.
        raise TempAccessError(f"the sign-in endpoint {endpoint} answered without a SigninToken", exit_code=3)
    return token

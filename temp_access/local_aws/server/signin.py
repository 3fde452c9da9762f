"""A minimal sign-in endpoint: what `https://signin.aws.amazon.com/federation` does with temporary credentials.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

import html
import json
import secrets
import time
from collections.abc import Callable, Mapping

from temp_access.local_aws.rules.call import Caller, Response

LiveSession = Callable[[str, str, str], tuple[Caller, bool] | None]
_TOKEN_SECONDS = 15 * 60


class SignInServer:
    """Hands out sign-in tokens for live sessions, each good for 15 minutes."""

    def __init__(self, live_session: LiveSession) -> None:
        self._live_session = live_session
        self._tokens: dict[str, tuple[str, float]] = {}

    def answer(self, parameters: Mapping[str, str]) -> Response:
        """Answer `getSigninToken` or `login`."""
        action = parameters.get("Action")
        if action == "getSigninToken":
            return self._token(parameters)
        if action == "login":
            return self._login(parameters)
        return _bad("Action must be getSigninToken or login")

    def _token(self, parameters: Mapping[str, str]) -> Response:
        try:
            given = json.loads(parameters.get("Session", ""))
            found = self._live_session(given["sessionId"], given["sessionKey"], given["sessionToken"])
        except (ValueError, KeyError, TypeError):
            return _bad("Session must be JSON with sessionId, sessionKey and sessionToken")
        if found is None or found[0].kind not in ("role session", "federated"):
            return _bad("The session is unknown or has expired")
        duration = parameters.get("SessionDuration")
        if duration is not None and (found[1] or not duration.isdecimal() or not 900 <= int(duration) <= 43200):
            return _bad("SessionDuration must be 900 to 43200, and left out for credentials from role chaining")
        token = secrets.token_urlsafe(48)
        self._tokens[token] = (found[0].arn, time.monotonic() + _TOKEN_SECONDS)
        return 200, {"Content-Type": "application/json"}, json.dumps({"SigninToken": token}).encode()

    def _login(self, parameters: Mapping[str, str]) -> Response:
        arn, expires = self._tokens.get(parameters.get("SigninToken", ""), ("", 0.0))
        if time.monotonic() >= expires or not parameters.get("Destination"):
            return _bad("The sign-in token is unknown or has expired, or there is no Destination")
        page = f"<!doctype html><title>Signed in</title><p>Signed in to the local AWS as {html.escape(arn)}</p>"
        return 200, {"Content-Type": "text/html; charset=utf-8"}, page.encode()


def _bad(message: str) -> Response:
    return 400, {"Content-Type": "text/plain; charset=utf-8"}, f"{message}\n".encode()

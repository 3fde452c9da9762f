"""A minimal sign-in endpoint for temporary credentials, in place of `https://signin.aws.amazon.com/federation`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

import html
import json
import secrets
import time
from collections.abc import Callable, Mapping

from temp_access.iam.sts_limits import MAX_DURATION, MIN_DURATION
from temp_access.local_aws.rules.call import Caller, Response, parse_json

# Takes an access key id, a secret and a session token; returns the caller and whether it used role chaining.
SessionLookup = Callable[[str, str, str], tuple[Caller, bool] | None]
_TOKEN_SECONDS = 15 * 60


class SignInServer:
    """Issues sign-in tokens for live sessions; each is valid for 15 minutes."""

    def __init__(self, live_session: SessionLookup) -> None:
        self._live_session = live_session
        self._tokens: dict[str, tuple[str, float]] = {}

    def answer(self, parameters: Mapping[str, str]) -> Response:
        """Answer `getSigninToken` or `login`, and any other action with status 400."""
        action = parameters.get("Action")
        if action == "getSigninToken":
            return self._issue_token(parameters)
        if action == "login":
            return self._login(parameters)
        return _bad_request("Action must be getSigninToken or login")

    def _issue_token(self, parameters: Mapping[str, str]) -> Response:
        try:
            fields = parse_json(parameters.get("Session", ""))
            session = self._live_session(fields["sessionId"], fields["sessionKey"], fields["sessionToken"])
        except (ValueError, KeyError, TypeError):
            return _bad_request("Session must be JSON with sessionId, sessionKey and sessionToken")
        caller, is_chained = session or (None, False)
        if caller is None or caller.credential_type not in ("role session", "federated"):
            return _bad_request("The session is unknown or has expired")
        duration = parameters.get("SessionDuration")
        if duration is not None and (is_chained or not _is_session_duration(duration)):
            return _bad_request(
                f"SessionDuration must be {MIN_DURATION} to {MAX_DURATION}, and left out for credentials from role "
                "chaining"
            )
        now = time.monotonic()
        self._tokens = {token: kept for token, kept in self._tokens.items() if kept[1] > now}
        token = secrets.token_urlsafe(48)
        self._tokens[token] = (caller.arn, now + _TOKEN_SECONDS)
        return 200, {"Content-Type": "application/json"}, json.dumps({"SigninToken": token}).encode()

    def _login(self, parameters: Mapping[str, str]) -> Response:
        arn, expires_at = self._tokens.get(parameters.get("SigninToken", ""), ("", 0.0))
        if time.monotonic() >= expires_at or not parameters.get("Destination"):
            return _bad_request("The sign-in token is unknown or has expired, or Destination is missing")
        page = f"<!doctype html><title>Signed in</title><p>Signed in to the local AWS as {html.escape(arn)}</p>"
        return 200, {"Content-Type": "text/html; charset=utf-8"}, page.encode()


def _is_session_duration(duration: str) -> bool:
    return duration.isdecimal() and MIN_DURATION <= int(duration) <= MAX_DURATION


def _bad_request(message: str) -> Response:
    return 400, {"Content-Type": "text/plain; charset=utf-8"}, f"{message}\n".encode()

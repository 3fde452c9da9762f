"""The sign-in endpoint, which issues sign-in tokens for live sessions."""

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture(name="federation", scope="module")
def _federation(account: Any) -> Any:
    """Return a function that sends parameters by GET or POST, and returns the status and the body."""
    tls_context = ssl.create_default_context(cafile=account.instance.environment["AWS_CA_BUNDLE"])
    url = f"{account.instance.url}/federation"

    def send(method: str = "POST", **parameters: str) -> tuple[int, str]:
        query = urllib.parse.urlencode(parameters)
        target, body = (f"{url}?{query}", None) if method == "GET" else (url, query.encode())
        try:
            with urllib.request.urlopen(target, body, context=tls_context) as response:  # noqa: S310
                return int(response.status), response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    return send


def session_json(session: Any, **changes: str) -> str:
    """Return the session's credentials in the JSON of the parameter Session."""
    keys = session.get_credentials().get_frozen_credentials()
    fields = {"sessionId": keys.access_key, "sessionKey": keys.secret_key, "sessionToken": keys.token}
    return json.dumps({**fields, **changes})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_live_session_gets_a_sign_in_token_that_login_accepts(account: Any, federation: Any, method: str) -> None:
    """getSigninToken returns JSON with SigninToken; login rejects any other token."""
    session = account.role_session(account.allow("s3:*"))
    status, body = federation(method, Action="getSigninToken", SessionDuration="900", Session=session_json(session))
    assert status == 200
    token = json.loads(body)["SigninToken"]
    login = {
        "Action": "login",
        "Issuer": "here",
        "Destination": "https://console.aws.amazon.com/",
        "SigninToken": token,
    }
    status, page = federation("GET", **login)
    assert status == 200
    assert account.client(session, "sts").get_caller_identity()["Arn"] in page
    assert federation("GET", **{**login, "SigninToken": token + "x"})[0] == 400


def test_an_unknown_session_gets_no_sign_in_token(account: Any, federation: Any) -> None:
    """All three parts of the credentials must be right."""
    session = account.role_session(account.allow("s3:*"))
    for part in ("sessionId", "sessionKey", "sessionToken"):
        assert federation(Action="getSigninToken", Session=session_json(session, **{part: "other"}))[0] == 400
    for invalid in ("", "{", "[]", "{}", '{"sessionId": 1, "sessionKey": 2, "sessionToken": 3}'):
        assert federation(Action="getSigninToken", Session=invalid)[0] == 400
    assert federation(Action="other")[0] == 400


@pytest.mark.parametrize("seconds", ["899", "43201", "an hour", ""])
def test_refuses_a_session_duration_outside_900_to_43200(account: Any, federation: Any, seconds: str) -> None:
    """SessionDuration is 900 to 43200."""
    session = session_json(account.role_session(account.allow("s3:*")))
    parameters = {"Action": "getSigninToken", "SessionDuration": seconds, "Session": session}
    status, _ = federation("POST", **parameters)
    # The endpoint ignores an empty value, as it does a missing one.
    assert status == (200 if seconds == "" else 400)


def test_refuses_a_session_duration_for_chained_credentials(account: Any, federation: Any) -> None:
    """Credentials from role chaining get a sign-in token only without SessionDuration."""
    first_arn, caller = account.user()
    first = account.role(first_arn)
    chained = session_json(account.assume(account.assume(caller, first), account.role(first)))
    assert federation(Action="getSigninToken", SessionDuration="900", Session=chained)[0] == 400
    assert federation(Action="getSigninToken", Session=chained)[0] == 200


def test_long_term_and_session_token_credentials_cannot_sign_in(account: Any, federation: Any) -> None:
    """Only role sessions and federated users get a sign-in token."""
    _, user = account.user(account.allow("*"))
    session_token = account.session(account.client(user, "sts").get_session_token()["Credentials"])
    assert federation(Action="getSigninToken", Session=session_json(session_token))[0] == 400
    assert federation(Action="getSigninToken", Session=session_json(user, sessionToken=""))[0] == 400

"""The sign-in endpoint: sign-in tokens for live sessions."""

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture(name="federation", scope="module")
def _federation(world: Any) -> Any:
    """Return a function that sends parameters by GET or POST, and returns the status and the body."""
    trusted = ssl.create_default_context(cafile=world.instance.environment["AWS_CA_BUNDLE"])
    url = f"{world.instance.url}/federation"

    def send(method: str = "POST", **parameters: str) -> tuple[int, str]:
        query = urllib.parse.urlencode(parameters)
        target, body = (f"{url}?{query}", None) if method == "GET" else (url, query.encode())
        try:
            with urllib.request.urlopen(target, body, context=trusted) as answer:  # noqa: S310
                return int(answer.status), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    return send


def credentials(session: Any, **changed: str) -> str:
    """Return the JSON of a session as the endpoint takes it."""
    keys = session.get_credentials().get_frozen_credentials()
    given = {"sessionId": keys.access_key, "sessionKey": keys.secret_key, "sessionToken": keys.token}
    return json.dumps({**given, **changed})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_live_session_gets_a_sign_in_token_that_signs_in(world: Any, federation: Any, method: str) -> None:
    """getSigninToken answers JSON with SigninToken, and login takes it."""
    session = world.borrower(world.allow("s3:*"))
    status, body = federation(method, Action="getSigninToken", SessionDuration="900", Session=credentials(session))
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
    assert world.client(session, "sts").get_caller_identity()["Arn"] in page
    assert federation("GET", **{**login, "SigninToken": token + "x"})[0] == 400


def test_an_unknown_session_gets_none(world: Any, federation: Any) -> None:
    """Each of the three parts has to be right."""
    session = world.borrower(world.allow("s3:*"))
    for part in ("sessionId", "sessionKey", "sessionToken"):
        assert federation(Action="getSigninToken", Session=credentials(session, **{part: "other"}))[0] == 400
    for text in ("", "{", "[]", "{}", '{"sessionId": 1, "sessionKey": 2, "sessionToken": 3}'):
        assert federation(Action="getSigninToken", Session=text)[0] == 400
    assert federation(Action="other")[0] == 400


@pytest.mark.parametrize("seconds", ["899", "43201", "an hour", ""])
def test_refuses_a_session_duration_outside_900_to_43200(world: Any, federation: Any, seconds: str) -> None:
    """SessionDuration is 900 to 43200."""
    session = credentials(world.borrower(world.allow("s3:*")))
    parameters = {"Action": "getSigninToken", "SessionDuration": seconds, "Session": session}
    status, _ = federation("POST", **parameters)
    # An empty value isn't sent by the form's encoding at all.
    assert status == (200 if seconds == "" else 400)


def test_refuses_a_session_duration_for_chained_credentials(world: Any, federation: Any) -> None:
    """Credentials from role chaining take no SessionDuration, but a token all the same."""
    first_arn, caller = world.user()
    first = world.role(first_arn)
    chained = credentials(world.assume(world.assume(caller, first), world.role(first)))
    assert federation(Action="getSigninToken", SessionDuration="900", Session=chained)[0] == 400
    assert federation(Action="getSigninToken", Session=chained)[0] == 200


def test_long_term_and_session_token_credentials_cannot_sign_in(world: Any, federation: Any) -> None:
    """Only role sessions and federated users get a sign-in token."""
    _, user = world.user(world.allow("*"))
    plain = world.session(world.client(user, "sts").get_session_token()["Credentials"])
    assert federation(Action="getSigninToken", Session=credentials(plain))[0] == 400
    assert federation(Action="getSigninToken", Session=credentials(user, sessionToken=""))[0] == 400

"""The sign-in URL: its destination, the request for its token, and what is refused."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.borrow.cached_session import SessionCredentials
from temp_access.borrow.console import SignInEndpoint, folder_page, session_duration, sign_in, sign_in_url
from temp_access.errors import TempAccessError, UserError

CREDENTIALS: SessionCredentials = {
    "AccessKeyId": "ASIAEXAMPLE",
    "SecretAccessKey": "s3cret+/",
    "SessionToken": "t0ken==",
    "Expiration": "2030-01-01T00:00:00Z",
}


@pytest.mark.parametrize(
    ("partition", "endpoint", "console"),
    [
        ("aws", "https://signin.aws.amazon.com/federation", "https://console.aws.amazon.com/s3/buckets/"),
        ("aws-us-gov", "https://signin.amazonaws-us-gov.com/federation", "https://console.amazonaws-us-gov.com/s3/buckets/"),
        ("aws-cn", "https://signin.amazonaws.cn/federation", "https://console.amazonaws.cn/s3/buckets/"),
    ],
)  # fmt: skip
def test_each_partition_has_its_own_endpoint_and_console(partition: str, endpoint: str, console: str) -> None:
    """Credentials are valid only in their own partition."""
    page = folder_page(partition, bucket="bucket", folder="bob", region="r-1")
    assert page == f"{console}bucket?region=r-1&prefix=bob%2F&showversions=false"
    assert sign_in(partition, page) == SignInEndpoint(endpoint, page)


@pytest.mark.parametrize("partition", ["aws-iso", "aws-iso-b", "aws-eusc", ""])
def test_refuses_a_partition_without_a_known_endpoint(partition: str) -> None:
    """Credentials aren't sent to a guessed endpoint."""
    with pytest.raises(UserError, match="no known sign-in endpoint"):
        sign_in(partition, "https://console.example/")
    with pytest.raises(UserError, match="no known console"):
        folder_page(partition, bucket="b", folder="f", region="r")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_any_folder_is_one_prefix(folder: str) -> None:
    """`&`, `#`, `%`, spaces and the like in a folder's name change no other part of the URL."""
    parts = urlsplit(folder_page("aws", bucket="bucket", folder=folder, region="r-1"))
    assert (parts.netloc, parts.path, parts.fragment) == ("console.aws.amazon.com", "/s3/buckets/bucket", "")
    assert parse_qs(parts.query) == {"region": ["r-1"], "prefix": [f"{folder}/"], "showversions": ["false"]}


@pytest.mark.parametrize(
    "url",
    [
        "http://console.aws.amazon.com/", "ftp://127.0.0.1/", "javascript:alert(1)", "//evil/", "s4", "", "https://",
        "https://a b/", "https://user@evil/", "https://x/\n", "file:///etc/passwd", "http://127.0.0.1.evil/",
        "https://[x",
    ],
)  # fmt: skip
def test_a_destination_is_https_or_on_this_machine(url: str) -> None:
    """The user chooses the console's page, and may paste it."""
    with pytest.raises(UserError, match="the destination"):
        sign_in("aws", url)
    assert sign_in("aws", "http://127.0.0.1:4610/x").destination == "http://127.0.0.1:4610/x"


@pytest.mark.parametrize(
    ("left", "chained", "expected"),
    [(43200.9, False, 43200), (90000, False, 43200), (900, False, 900), (899.9, False, None), (3600, True, None),
     (-5, False, None)],
)  # fmt: skip
def test_the_console_session_never_outlives_the_credentials(left: float, chained: bool, expected: int | None) -> None:
    """SessionDuration is 900 to 43200, and left out for role chaining."""
    assert session_duration(left, chained=chained) == expected


class Endpoint:
    """A federation endpoint that records its requests, with a configurable response."""

    def __init__(self) -> None:
        self.status, self.body, self.location = 200, b'{"SigninToken": "tok/en+"}', ""
        self.seen: list[tuple[str, str, dict[str, list[str]]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.seen.append((self.command, self.path, parse_qs(form)))
                self.send_response(outer.status)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.end_headers()
                self.wfile.write(outer.body)

            def do_GET(self) -> None:
                outer.seen.append((self.command, self.path, {}))

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture(name="endpoint")
def _endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    endpoint = Endpoint()
    yield endpoint
    endpoint.server.shutdown()
    endpoint.server.server_close()


PAGE = "https://console.aws.amazon.com/s3/buckets/b?prefix=a%2F&x=1"


def test_posts_the_secrets_and_keeps_them_out_of_the_url(endpoint: Endpoint) -> None:
    """Access logs don't record a request's body; the token is escaped in the URL."""
    sign_in_endpoint = sign_in("aws", PAGE, endpoint_url=endpoint.url)
    url = sign_in_url(sign_in_endpoint, CREDENTIALS, duration=900)
    [(method, path, form)] = endpoint.seen
    assert (method, path) == ("POST", "/federation")
    assert json.loads(form.pop("Session")[0]) == {
        "sessionId": "ASIAEXAMPLE",
        "sessionKey": "s3cret+/",
        "sessionToken": "t0ken==",
    }
    assert form == {"Action": ["getSigninToken"], "SessionDuration": ["900"]}
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{endpoint.url}/federation"
    assert parse_qs(parts.query) == {
        "Action": ["login"],
        "Issuer": ["temp-access"],
        "Destination": [PAGE],
        "SigninToken": ["tok/en+"],
    }
    for secret in ("s3cret", "t0ken", "ASIAEXAMPLE"):
        assert secret not in url


def test_leaves_out_the_duration_for_role_chaining(endpoint: Endpoint) -> None:
    """The endpoint refuses the parameter then."""
    sign_in_url(sign_in("aws", PAGE, endpoint_url=endpoint.url), CREDENTIALS)
    assert "SessionDuration" not in endpoint.seen[0][2]


def test_reports_refusals_and_invalid_responses_without_secrets(endpoint: Endpoint) -> None:
    """One line each, with its exit code."""
    sign_in_endpoint = sign_in("aws", PAGE, endpoint_url=endpoint.url)
    for status, body, exit_code in (
        (400, b"", 3),
        (403, b"<html>", 3),
        (429, b"", 3),
        (503, b"", 3),
        (200, b"<html>", 3),
        (200, b'{"SigninToken": ""}', 3),
        (200, b"[]", 3),
    ):
        endpoint.status, endpoint.body = status, body
        with pytest.raises(TempAccessError, match="the sign-in endpoint") as raised:
            sign_in_url(sign_in_endpoint, CREDENTIALS)
        assert raised.value.exit_code == exit_code
        assert "s3cret" not in str(raised.value)


def test_follows_no_redirect(endpoint: Endpoint) -> None:
    """The credentials are for one endpoint only."""
    endpoint.status, endpoint.location = 302, f"{endpoint.url}/elsewhere"
    with pytest.raises(TempAccessError, match="HTTP 302"):
        sign_in_url(sign_in("aws", PAGE, endpoint_url=endpoint.url), CREDENTIALS)
    assert len(endpoint.seen) == 1


def test_a_request_to_another_machine_goes_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS_PROXY applies there, as for every AWS call; NO_PROXY exempts a host from it."""
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def refuse() -> None:
            connection, _ = proxy.accept()
            with connection:
                requests.append(b" ".join(connection.recv(65536).split()[:2]))
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")

        threading.Thread(target=refuse, daemon=True).start()
        for name in ("https_proxy", "no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        with pytest.raises(TempAccessError, match=r"can't be reached: .*403 Forbidden"):
            sign_in_url(SignInEndpoint("https://signin.invalid/federation", PAGE), CREDENTIALS)
        monkeypatch.setenv("NO_PROXY", "signin.invalid")
        with pytest.raises(TempAccessError, match="can't be reached"):
            sign_in_url(SignInEndpoint("https://signin.invalid/federation", PAGE), CREDENTIALS)
    assert requests == [b"CONNECT signin.invalid:443"]


def test_an_unreachable_endpoint_is_inconclusive() -> None:
    """Nothing was decided."""
    with pytest.raises(TempAccessError, match="can't be reached") as raised:
        sign_in_url(SignInEndpoint("http://127.0.0.1:9/federation", PAGE), CREDENTIALS)
    assert raised.value.exit_code == 3


def test_an_endpoint_without_http_is_inconclusive() -> None:
    """Another service answers at the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"SSH-2.0-x\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(TempAccessError, match="can't be reached") as raised:
            sign_in_url(SignInEndpoint(f"http://127.0.0.1:{server.getsockname()[1]}/federation", PAGE), CREDENTIALS)
    assert raised.value.exit_code == 3


def test_reports_a_missing_ca_bundle() -> None:
    """AWS_CA_BUNDLE or the profile names it."""
    with pytest.raises(UserError, match="the CA bundle /nowhere can't be read"):
        sign_in_url(SignInEndpoint("https://127.0.0.1:9/federation", PAGE), CREDENTIALS, ca_bundle="/nowhere")

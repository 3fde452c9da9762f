"""Where the sign-in URL leads, what is sent for it and how, and what is refused."""

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
    """Credentials are known in their own partition alone."""
    page = folder_page(partition, bucket="bucket", folder="bob", region="r-1")
    assert page == f"{console}bucket?region=r-1&prefix=bob%2F&showversions=false"
    assert sign_in(partition, page) == SignInEndpoint(endpoint, page)


@pytest.mark.parametrize("partition", ["aws-iso", "aws-iso-b", "aws-eusc", ""])
def test_a_partition_without_a_known_endpoint_is_refused(partition: str) -> None:
    """The credentials are sent nowhere on a guess."""
    with pytest.raises(UserError, match="no known sign-in endpoint"):
        sign_in(partition, "https://console.example/")
    with pytest.raises(UserError, match="no known console"):
        folder_page(partition, bucket="b", folder="f", region="r")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_any_folder_stays_one_prefix(folder: str) -> None:
    """`&`, `#`, `%`, blanks and the like in a folder's name change nothing else of the URL."""
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
def test_a_destination_is_https_or_of_this_machine(url: str) -> None:
    """The console's page is chosen by whoever runs the command, and may be pasted."""
    with pytest.raises(UserError, match="the destination"):
        sign_in("aws", url)
    assert sign_in("aws", "http://127.0.0.1:4610/x").destination == "http://127.0.0.1:4610/x"


@pytest.mark.parametrize(
    ("left", "chained", "asked"),
    [(43200.9, False, 43200), (90000, False, 43200), (900, False, 900), (899.9, False, None), (3600, True, None),
     (-5, False, None)],
)  # fmt: skip
def test_the_consoles_session_never_outlives_the_credentials(left: float, chained: bool, asked: int | None) -> None:
    """SessionDuration is 900 to 43200, and left out for role chaining."""
    assert session_duration(left, chained=chained) == asked


class Endpoint:
    """A federation endpoint that records what it is sent, and answers what it is told."""

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
    found = Endpoint()
    yield found
    found.server.shutdown()
    found.server.server_close()


PAGE = "https://console.aws.amazon.com/s3/buckets/b?prefix=a%2F&x=1"


def test_the_secrets_are_posted_and_the_url_holds_none_of_them(endpoint: Endpoint) -> None:
    """They aren't in any log on the way; the token is escaped in the URL."""
    place = sign_in("aws", PAGE, endpoint_url=endpoint.url)
    url = sign_in_url(place, CREDENTIALS, duration=900)
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


def test_the_duration_is_left_out_where_it_must_be(endpoint: Endpoint) -> None:
    """With role chaining the call fails with it."""
    sign_in_url(sign_in("aws", PAGE, endpoint_url=endpoint.url), CREDENTIALS)
    assert "SessionDuration" not in endpoint.seen[0][2]


def test_a_refusal_and_a_strange_answer_are_said_without_secrets(endpoint: Endpoint) -> None:
    """One sentence each, and its exit code."""
    place = sign_in("aws", PAGE, endpoint_url=endpoint.url)
    for status, body, exit_code in (
        (400, b"", 1),
        (429, b"", 3),
        (503, b"", 3),
        (200, b"<html>", 3),
        (200, b'{"SigninToken": ""}', 3),
        (200, b"[]", 3),
    ):
        endpoint.status, endpoint.body = status, body
        with pytest.raises(TempAccessError, match="the sign-in endpoint") as found:
            sign_in_url(place, CREDENTIALS)
        assert found.value.exit_code == exit_code
        assert "s3cret" not in str(found.value)


def test_a_redirect_is_not_followed(endpoint: Endpoint) -> None:
    """The credentials are for one endpoint."""
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


def test_an_endpoint_that_is_not_there_is_inconclusive() -> None:
    """Nothing was decided."""
    with pytest.raises(TempAccessError, match="can't be reached") as found:
        sign_in_url(SignInEndpoint("http://127.0.0.1:9/federation", PAGE), CREDENTIALS)
    assert found.value.exit_code == 3


def test_an_endpoint_that_speaks_no_http_is_inconclusive() -> None:
    """What answers there is something else."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"SSH-2.0-x\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(TempAccessError, match="can't be reached") as found:
            sign_in_url(SignInEndpoint(f"http://127.0.0.1:{server.getsockname()[1]}/federation", PAGE), CREDENTIALS)
    assert found.value.exit_code == 3


def test_a_ca_bundle_that_is_not_there_is_said() -> None:
    """It is AWS_CA_BUNDLE's or the profile's."""
    with pytest.raises(UserError, match="the CA bundle /nowhere can't be read"):
        sign_in_url(SignInEndpoint("https://127.0.0.1:9/federation", PAGE), CREDENTIALS, ca_bundle="/nowhere")

"""Odd configurations and environments, on the real botocore: each message says what is wrong and what to do.

Sources: aws/aws-cli#3038, trek10inc/awsume#146 (MFA of the base profile), boto/botocore#2779 (credential_process),
boto/botocore#3110 and #1927 (empty AWS_PROFILE).
"""

import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from temp_access.aws.errors import BorrowError, MfaNeeded, NoCredentials, StsUnavailable
from temp_access.aws.identity import load_identity
from temp_access.deployment.target import open_session, session_identity
from temp_access.errors import TempAccessError

_EXPIRED = '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "b", "SessionToken": "c", "Expiration": "2020-01-01T00:00:00Z"}'  # noqa: E501 - one line of the file
ROLE = "role_arn = arn:aws:iam::111122223333:role/base"
SERIAL = "arn:aws:iam::111122223333:mfa/alice"
CONFIG = f"""\
[profile key]
region = eu-central-1
aws_access_key_id = AKIAXXXXXXXXXXXXXXXX
aws_secret_access_key = x
[profile mfa]
region = eu-central-1
{ROLE}
source_profile = key
mfa_serial = {SERIAL}
[profile words]
credential_process = echo hello
[profile list]
credential_process = echo '[]'
[profile number]
credential_process = echo 3
[profile noversion]
credential_process = echo '{{}}'
[profile nosecret]
credential_process = echo '{{"Version": 1, "AccessKeyId": "A"}}'
[profile nothing]
credential_process = true
[profile binary]
credential_process = printf '\\xff'
[profile fails]
credential_process = sh -c "echo please log in >&2; exit 3"
[profile quiet]
credential_process = false
[profile missing]
credential_process = /no/such --option
[profile quote]
credential_process = echo 'x
[profile expired]
credential_process = echo '{_EXPIRED}'
[profile chain]
{ROLE}
source_profile = words
[profile sso]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
sso_account_id = 111122223333
sso_role_name = x
[sso-session s]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
[profile ssosession]
sso_session = s
sso_account_id = 111122223333
sso_role_name = x
[profile a]
{ROLE}
source_profile = b
[profile b]
{ROLE}
source_profile = a
[profile nosource]
{ROLE}
source_profile = gone
[profile roleonly]
{ROLE}
[profile web]
{ROLE}
web_identity_token_file = /no/token
[profile half]
aws_access_key_id = AKIAXXXXXXXXXXXXXXXX
"""
# A profile, what is wrong and what to do.
PROFILES = [
    ("words", "credential_process of the profile words printed no JSON", "make it print that object only"),
    ("list", "printed other JSON than an object", "make it print that object only"),
    ("number", "printed other JSON than an object", "make it print that object only"),
    ("noversion", "credential_process of the profile noversion", "make it print that object only"),
    ("nosecret", "'SecretAccessKey'", "make it print that object only"),
    ("nothing", "printed no JSON", "make it print that object only"),
    ("binary", "printed no JSON", "make it print that object only"),
    ("fails", "please log in", "make the command work by itself"),
    ("quiet", "it failed without a message", "make the command work by itself"),
    ("missing", "can't be run: No such file or directory: /no/such", "absolute path"),
    ("quote", "can't be run: No closing quotation", "correct the command"),
    ("expired", "still expired", "make it return fresh ones"),
    ("chain", "credential_process of the profile words printed no JSON", "make it print that object only"),
    ("sso", "SSO", "`aws sso login --profile sso`"),
    ("ssosession", "SSO", "`aws sso login --profile ssosession`"),
    ("a", "Infinite loop", "let one of them end"),
    ("nosource", '"gone"', "correct source_profile"),
    ("roleonly", "missing: source_profile", "add source_profile"),
    ("web", "web identity token can't be read: No such file or directory: /no/token", "correct the path"),
    ("half", "missing: aws_secret_access_key", "together"),
    ("nobody", "(nobody) could not be found", "write the profile"),
]
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "x"}
# Variables, what is wrong and what to do.
ENVIRONMENTS: list[tuple[dict[str, str], str, str]] = [
    (KEYS | {"AWS_PROFILE": ""}, "The config profile () could not be found", "unset AWS_PROFILE"),
    (KEYS | {"AWS_DEFAULT_PROFILE": ""}, "The config profile () could not be found", "unset AWS_PROFILE AWS_DEFAULT"),
    (KEYS | {"AWS_DEFAULT_REGION": ""}, "AWS_DEFAULT_REGION is empty", "unset AWS_DEFAULT_REGION"),
    (KEYS | {"AWS_REGION": ""}, "AWS_REGION is empty", "unset AWS_REGION"),
    (KEYS | {"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "AWS_REGION and AWS_DEFAULT_REGION are empty", "unset AWS_"),
    (KEYS, "no Region is set", "pass --region, or set AWS_REGION"),
    (KEYS | {"AWS_REGION": "eu central"}, "'eu central'", "correct it"),
    (KEYS | {"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": "localhost"}, "Invalid endpoint: localhost", "AWS_ENDP"),
    ({"AWS_ACCESS_KEY_ID": "AKIAX"}, "missing: AWS_SECRET_ACCESS_KEY", "together"),
    ({"AWS_SECRET_ACCESS_KEY": "x"}, "AWS_ACCESS_KEY_ID is not set", "together"),
    ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "x"}, "AWS_ACCESS_KEY_ID is empty", "together"),
    ({"AWS_SESSION_TOKEN": "x"}, "AWS_SESSION_TOKEN is set without", "set all three"),
    ({"AWS_CONFIG_FILE": "/no/config", "AWS_PROFILE": "key"}, "_FILE is /no/config, and there is no", "unset"),
    ({"AWS_CONFIG_FILE": "/"}, "AWS_CONFIG_FILE is /, and there is no such file", "unset AWS_CONFIG_FILE"),
    ({"AWS_SHARED_CREDENTIALS_FILE": "/no/x", "AWS_PROFILE": "none"}, "_FILE is /no/x, and there is no", "unset"),
    ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/no/token", "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/x"},
     "web identity token can't be read: No such file or directory: /no/token", "unset AWS_WEB_IDENTITY_TOKEN_FILE"),
    ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/x"}, "container-role", "attach a role"),
    ({}, "no credentials were found", "pass --profile"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(CONFIG)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("sys.stdin", io.StringIO())


@pytest.mark.parametrize(("profile", "wrong", "remedy"), PROFILES, ids=[profile for profile, *_ in PROFILES])
def test_a_profile_that_doesnt_work(profile: str, wrong: str, remedy: str) -> None:
    """On one line; the deployer's session says the same."""
    with pytest.raises(NoCredentials) as raised:
        load_identity(profile, "eu-central-1")
    with pytest.raises(TempAccessError) as of_deployer:
        session_identity(open_session(profile, "eu-central-1"))
    for message in (str(raised.value), str(of_deployer.value)):
        assert wrong in message
        assert remedy in message.partition(wrong)[2]
        assert "\n" not in message


@pytest.mark.parametrize(("variables", "wrong", "remedy"), ENVIRONMENTS)
def test_an_environment_that_doesnt_work(
    variables: dict[str, str], wrong: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is named, and what to do with it."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BorrowError) as raised:
        assert load_identity(None, None).arn
    assert wrong in str(raised.value)
    assert remedy in str(raised.value).partition(wrong)[2]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("\ufeff[default]\nregion = x\n", "no section headers"),
        ("[default\n", "no section headers"),
        ("[a]\n[a]\n", "section 'a' already exists"),
        ("[a]\nx = 1\nx = 2\n", "option 'x' in section 'a' already exists"),
        ("[a]\nwords\n", "'words"),
        ("[a]\ns3 =\n  words\n", "not enough values"),
    ],
)
def test_a_file_that_cant_be_parsed(content: str, reason: str, tmp_path: Path) -> None:
    """botocore's own message names only the file; the reason has the line."""
    (tmp_path / ".aws/config").write_text(content)
    with pytest.raises(NoCredentials, match="Unable to parse config file") as raised:
        load_identity(None, "eu-central-1")
    assert reason in str(raised.value)
    assert "correct that line" in str(raised.value)


@pytest.mark.parametrize("ask", [True, False])
def test_the_base_profile_needs_mfa(ask: bool, capfd: pytest.CaptureFixture[str]) -> None:
    """Without a terminal, it says that a code is needed and how to give it; nothing else is printed."""
    for call in (
        lambda: load_identity("mfa", None, ask=ask),
        lambda: session_identity(open_session("mfa", None)),
    ):
        with pytest.raises(MfaNeeded) as raised:
            call()
        assert f"the profile mfa needs a code of the MFA device {SERIAL}" in str(raised.value)
        assert "in a terminal" in str(raised.value)
    assert capfd.readouterr() == ("", "")


def test_a_terminal_is_asked_for_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question is botocore's own."""
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        raise ZeroDivisionError

    monkeypatch.setattr("getpass.getpass", answer)
    monkeypatch.setattr("botocore.credentials.AssumeRoleProvider.__init__.__defaults__", (answer, None, None))
    monkeypatch.setattr("sys.stdin", _Terminal())
    with pytest.raises(NoCredentials):
        load_identity("mfa", None)
    assert asked == [f"Enter MFA code for {SERIAL}: "]
    with pytest.raises(MfaNeeded):
        load_identity("mfa", None, ask=False)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def port() -> Iterator[int]:
    """A port that accepts connections and closes them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        done = threading.Event()

        def serve() -> None:
            while not done.is_set():
                try:
                    server.accept()[0].close()
                except TimeoutError:
                    continue

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        done.set()
        thread.join()


def test_a_missing_ca_bundle(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore says that an HTTP client raised an unhandled exception."""
    for name, value in (KEYS | {"AWS_REGION": "us-east-1", "AWS_CA_BUNDLE": "/no/bundle.pem"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://127.0.0.1:{port}")
    with pytest.raises(StsUnavailable, match=r"AWS_CA_BUNDLE is /no/bundle.pem, and there is no such file; correct"):
        assert load_identity(None, None).arn


class _Refusal(BaseHTTPRequestHandler):
    """STS, which refuses every call."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(403)
        self.end_headers()
        self.wfile.write(
            b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
            b"<Message>Roles may not be assumed by root accounts.</Message></Error></ErrorResponse>"
        )

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_a_refused_role_of_the_base_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """STS's own message, and the fix that `explain` has for it."""
    with (tmp_path / ".aws/config").open("a") as file:
        file.write(f"[profile refused]\nregion = eu-central-1\n{ROLE}\nsource_profile = key\n")
    with HTTPServer(("127.0.0.1", 0), _Refusal) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        try:
            with pytest.raises(NoCredentials) as raised:
                load_identity("refused", None)
        finally:
            server.shutdown()
            thread.join()
    assert "calling the AssumeRole operation: Roles may not be assumed by root accounts." in str(raised.value)
    assert "use the key of an IAM user or a role" in str(raised.value)


def test_a_program_without_standard_input(tmp_path: Path) -> None:
    """A closed standard input is no terminal, and Python's getpass doesn't warn."""
    script = (
        "from temp_access.aws.identity import load_identity\n"
        "try: load_identity('mfa', None)\nexcept Exception as error: print(type(error).__name__)"
    )
    run = subprocess.run(
        [sys.executable, "-c", f"import os; os.close(0)\nimport sys; sys.stdin = None\n{script}"],
        capture_output=True, text=True, check=True,
        env={"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"},
    )  # fmt: skip
    assert (run.stdout, run.stderr) == ("MfaNeeded\n", "")


def test_the_null_device_is_a_file_without_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there, and the usual way to leave the user's files out: the message names the true cause."""
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_PROFILE", "")
    with pytest.raises(NoCredentials) as raised:
        load_identity(None, "eu-central-1")
    assert "profile () could not be found" in str(raised.value)
    assert "no such file" not in str(raised.value)

"""Every failure is one clear line, with exit code 1 or 2 and without a traceback."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.integration.borrow.person import Calls, Person
from tests.integration.deploy.project import FinishedCommand

pytestmark = pytest.mark.integration


def assert_one_line(ended: FinishedCommand, code: int, *fragments: str) -> None:
    """Assert that it ended with `code`, without output, and with one line before any explanation."""
    assert (ended.code, ended.out) == (code, ""), ended.output
    assert "Traceback" not in ended.err
    lines = [line for line in ended.err.splitlines() if not line.startswith("note: ")]
    assert len([line for line in lines if not line.startswith(("likely: ", "fix: "))]) == 1, ended.err
    for fragment in fragments:
        assert fragment in lines[0], ended.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nobody",), "access.toml has no grant 'nobody'"),
        (("bobb",), "did you mean 'bobby'?"),
        (("bob", "--duration", "13h"), "a session of 13h is too long: the deployed role's maximum is 12h"),
        (("bobby", "--duration", "5h"), "the grant 'bobby' allows 4h; request at most 4h"),
        (("bob", "--duration", "10m"), "a session of 10m is too short: STS requires at least 15m"),
        (("bob", "--access", "full"), "'full' is more than the 'read-write' access that 'bob' grants"),
        (("bob", "--mfa-code", "123456"), "--mfa-code needs --mfa-serial"),
        (("bob", "--mfa-serial", "x", "--mfa-code", "123456"), "a parameter is invalid"),
        (("bob", "--env", "prod"), "there is no environment 'prod'"),
        (("bob", "--config", "no.toml"), "there is no such file"),
        (("",), "has no grant ''"),
    ],
)
def test_bad_input(person: Person, arguments: tuple[str, ...], message: str) -> None:
    """Exit code 2, and what to do instead."""
    assert_one_line(person.temp_access("credentials", *arguments), 2, message)


def test_an_invalid_role_arn(person: Person) -> None:
    """The message names the option and shows the form."""
    ended = person.temp_access("credentials", "bob", "--role-arn", "temp-role", "--bucket", "b")
    assert (ended.code, ended.out) == (2, "")
    assert "argument --role-arn: 'temp-role' isn't a role's ARN; write it like arn:aws:iam::" in ended.err


def test_a_broken_access_toml(person: Person) -> None:
    """The same findings as for every command."""
    person.toml.write_text("[grants.bob\n")
    assert_one_line(person.temp_access("credentials", "bob"), 2, "access.toml: isn't TOML")


def test_no_credentials(person: Person) -> None:
    """The message lists what was searched, and how to pass credentials."""
    ended = person.run("temp-access", "credentials", "bob", env={"AWS_REGION": "us-east-1"})
    assert_one_line(ended, 2, "no credentials were found (searched: environment, ~/.aws", "pass --profile")


def test_an_unknown_profile(person: Person) -> None:
    """botocore's own message, and what to do."""
    assert_one_line(
        person.run("temp-access", "credentials", "bob", "--profile", "nobody"), 2, "nobody", "pass another --profile"
    )


def test_no_region(person: Person) -> None:
    """STS is regional."""
    env = {name: value for name, value in person.keys.items() if "REGION" not in name and "CONFIG_FILE" not in name}
    assert_one_line(person.run("temp-access", "credentials", "bob", env=env), 2, "no Region is set; pass --region")


@pytest.mark.parametrize(("variable", "value"), [("AWS_ACCESS_KEY_ID", "AKIANOBODY"), ("AWS_SECRET_ACCESS_KEY", "x")])
def test_a_wrong_key(person: Person, variable: str, value: str) -> None:
    """The message names the key by its last characters, and an explanation follows."""
    ended = person.run("temp-access", "credentials", "bob", env={**person.keys, variable: value})
    assert_one_line(ended, 2, "the caller's credentials (key …", "log in again")
    assert "fix: " in ended.err


def test_an_untrusted_caller(person: Person) -> None:
    """The message names the caller, the role and the likely cause."""
    ended = person.run("temp-access", "credentials", "bob", env=person.project.aws.environment)
    assert_one_line(ended, 1, "isn't allowed to assume arn:aws:iam::123456789012:role/temp-role (AccessDenied")
    assert "likely: " in ended.err


def test_no_local_aws(person: Person, tmp_path: Path) -> None:
    """The message names the command that starts it."""
    ended = person.run("temp-access", "credentials", "bob", "--local", "--state", str(tmp_path / "none"))
    assert_one_line(ended, 2, "no local AWS runs", "temp-access local start")


def test_policy_without_a_reachable_service(person: Person) -> None:
    """`policy` has the same exit code and message as the commands that borrow."""
    ended = person.run("temp-access", "policy", "bob", env={**person.keys, "AWS_ENDPOINT_URL": "https://127.0.0.1:1"})
    assert_one_line(ended, 3, "the service can't be reached", "check the network")


def test_not_deployed(person: Person) -> None:
    """The message names the command that deploys the role, and the options that name it."""
    person.toml.write_text(person.toml.read_text().replace('name = "temp-role"', 'name = "no-role"'))
    env = person.keys
    ended = person.run("temp-access", "credentials", "bob", env=env)
    assert_one_line(
        ended, 2, "can't find the role no-role in us-east-1", "run `make deploy`", "pass --role-arn and --bucket"
    )
    role = ("--role-arn", "arn:aws:iam::123456789012:role/temp-role", "--bucket", person.project.bucket)
    assert person.run("temp-access", "credentials", "bob", *role, env=env).code == 0


def test_no_user_in_the_local_aws(person: Person) -> None:
    """A key can't be created for a user that doesn't exist."""
    person.toml.write_text(person.toml.read_text().replace('name = "temp-user"', 'name = "no-user"'))
    assert_one_line(person.temp_access("credentials", "bob"), 2, "has no user 'no-user'; run `make demo`")


def test_a_failure_removes_the_cached_role(person: Person, calls: Calls) -> None:
    """A role that was redeployed with a shorter maximum is looked up again."""
    person.borrow("bobby")
    person.project.iam.update_role(RoleName="temp-role", MaxSessionDuration=3600)
    try:
        ended = person.temp_access("credentials", "bob")
        assert ended.code == 0, ended.output
        assert "the session lasts 1h instead of 12h: the deployed role's maximum is 1h" in ended.err
        assert calls["iam:GetRole"] == 2
    finally:
        person.project.iam.update_role(RoleName="temp-role", MaxSessionDuration=43200)


def test_chained_credentials_get_an_hour(person: Person) -> None:
    """Those of GetSessionToken may not call IAM, so options name the role; the note explains the hour."""
    code = "import boto3; c = boto3.client('sts').get_session_token()['Credentials']; print(*list(c.values())[:3])"
    key, secret, token = person.python(code).out.split()
    env = {**person.keys, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
    role = ("--role-arn", "arn:aws:iam::123456789012:role/temp-role", "--bucket", person.project.bucket)
    ended = person.run("temp-access", "credentials", "bob", *role, env=env)
    assert ended.code == 0, ended.output
    assert "the session lasts 1h instead of 12h: the caller's credentials are temporary" in ended.err
    ended = person.run("temp-access", "credentials", "bob", *role, "--duration", "2h", env=env)
    assert_one_line(ended, 2, "too long: the caller's credentials are temporary")


def test_an_unreachable_service(person: Person) -> None:
    """One line, after botocore's retries."""
    env = {**person.keys, "AWS_ENDPOINT_URL": "https://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "2"}
    ended = person.run("temp-access", "credentials", "bob", env=env)
    assert_one_line(ended, 3, "the service can't be reached", "https://127.0.0.1:9")


def test_an_untrusted_certificate(person: Person) -> None:
    """The message differs from the one for a closed port."""
    env = {name: value for name, value in person.keys.items() if name not in ("AWS_CA_BUNDLE", "AWS_CONFIG_FILE")}
    assert_one_line(person.run("temp-access", "credentials", "bob", env=env), 3, "certificate isn't trusted")


def test_a_read_only_home(person: Person) -> None:
    """A note says that sessions can't be cached; the credentials are returned all the same."""
    person.home.joinpath(".cache").write_text("not a folder")
    ended = person.temp_access("credentials", "bob", "--format", "process")
    assert ended.code == 0
    assert ended.err.count("note: sessions can't be cached in") == 1
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("content", ["", "{}", "\x00\xff", '{"format": 2, "session": {}, "files": []}'])
def test_broken_cache_files(person: Person, content: str) -> None:
    """Broken files are replaced."""
    first = person.borrow("bob")["AccessKeyId"]
    for file in person.cache.rglob("*.json"):
        file.write_text(content)
    assert person.borrow("bob")["AccessKeyId"] != first
    assert person.borrow("bob")["AccessKeyId"] != first


def test_a_full_disk_for_the_output(person: Person) -> None:
    """The message says that nothing was handed out."""
    with Path("/dev/full").open("w") as full:
        ended = person.temp_access("credentials", "bob", stdout=full)
    assert_one_line(ended, 1, "standard output can't be written (No space left on device)")


def test_a_closed_pipe(person: Person) -> None:
    """A reader that stops gets no traceback."""
    person.borrow("bob")
    reading, writing = os.pipe()
    os.close(reading)
    ended = person.temp_access("credentials", "bob", stdout=writing)
    os.close(writing)
    assert (ended.code, ended.err) == (141, "")


def test_a_closed_stderr(person: Person) -> None:
    """A note that can't be printed isn't an error."""
    person.toml.write_text(person.toml.read_text() + '\n[grants.carol]\naccess = "read"\n')
    ended = person.temp_access("credentials", "carol", stderr=subprocess.DEVNULL)
    assert ended.code == 0
    for closed in ("2>&-", "2>/dev/full"):
        ended = person.run("sh", "-c", f"temp-access credentials carol --no-cache {' '.join(person.local)} {closed}")
        assert ended.code == 0
        # Not on standard output either, where a shell evaluates it.
        assert all(
            line.startswith(("export AWS_", "unset AWS_", "export N", "export no_"))
            for line in ended.out.split("\n")
            if line
        )


def test_a_flipped_bit_in_the_cache(person: Person) -> None:
    """Broken credentials aren't handed out; a new session is."""
    first = person.borrow("bob")
    (file,) = (person.cache / "sessions").glob("*.json")
    key = first["SecretAccessKey"].encode()
    content = file.read_bytes()
    assert key in content
    file.write_bytes(content.replace(key, bytes([key[0] ^ 1]) + key[1:]))
    second = person.borrow("bob")
    assert second["AccessKeyId"] != first["AccessKeyId"]
    assert second == person.borrow("bob")


def test_debug_shows_the_traceback(person: Person) -> None:
    """For analyzing an error."""
    ended = person.run("temp-access", "--debug", "credentials", "nobody", *person.local)
    assert "Traceback" in ended.err
    assert "GrantNotFound" in ended.err


def test_a_full_audit_log(person: Person) -> None:
    """No credentials are returned, and no session is cached."""
    person.toml.write_text(person.toml.read_text() + '\n[audit]\nfile = "/dev/full"\n')
    assert_one_line(
        person.temp_access("credentials", "bob"), 2, "the audit log /dev/full can't be written", "no credentials"
    )
    assert not list((person.cache / "sessions").glob("*.json"))

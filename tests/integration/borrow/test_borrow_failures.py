"""Each thing that can be missing or wrong is one clear sentence, exit 1 or 2, and never a traceback."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.integration.borrow.person import Calls, Person
from tests.integration.deploy.project import Ended

pytestmark = pytest.mark.integration


def assert_one_sentence(ended: Ended, code: int, *words: str) -> None:
    """Assert that it ended with `code`, nothing on stdout, and one line with `words` before any explanation."""
    assert (ended.code, ended.out) == (code, ""), ended.said
    assert "Traceback" not in ended.err
    lines = [line for line in ended.err.splitlines() if not line.startswith("note: ")]
    assert len([line for line in lines if not line.startswith(("likely: ", "fix: "))]) == 1, ended.err
    for word in words:
        assert word in lines[0], ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody",), "access.toml has no grant 'nobody'"),
        (("bobb",), "did you mean 'bobby'?"),
        (("bob", "--duration", "13h"), "a session of 13h is too long: the deployed role's maximum is 12h"),
        (("bobby", "--duration", "5h"), "the grant 'bobby' allows 4h; ask for at most 4h"),
        (("bob", "--duration", "10m"), "a session of 10m is too short: STS gives 15m at least"),
        (("bob", "--access", "full"), "'full' is more than the 'read-write' that 'bob' is granted"),
        (("bob", "--mfa-code", "123456"), "--mfa-code is of no use without --mfa-serial"),
        (("bob", "--mfa-serial", "x", "--mfa-code", "123456"), "STS takes no such parameter"),
        (("bob", "--env", "prod"), "there is no environment 'prod'"),
        (("bob", "--config", "no.toml"), "there is no such file"),
        (("",), "has no grant ''"),
    ],
)
def test_bad_input(person: Person, words: tuple[str, ...], said: str) -> None:
    """Exit 2, and what to do instead."""
    assert_one_sentence(person.temp_access("credentials", *words), 2, said)


def test_a_role_arn_that_is_none(person: Person) -> None:
    """The option is named, and its form shown."""
    ended = person.temp_access("credentials", "bob", "--role-arn", "temp-role", "--bucket", "b")
    assert (ended.code, ended.out) == (2, "")
    assert "argument --role-arn: 'temp-role' isn't a role's ARN; write it like arn:aws:iam::" in ended.err


def test_a_broken_access_toml(person: Person) -> None:
    """The findings, as everywhere."""
    person.toml.write_text("[grants.bob\n")
    assert_one_sentence(person.temp_access("credentials", "bob"), 2, "access.toml: isn't TOML")


def test_no_base_credentials(person: Person) -> None:
    """Where they were looked for, and how to give them."""
    ended = person.run("temp-access", "credentials", "bob", env={"AWS_REGION": "us-east-1"})
    assert_one_sentence(ended, 2, "no base credentials were found (looked in: environment, ~/.aws", "pass --profile")


def test_an_unknown_profile(person: Person) -> None:
    """botocore's own sentence, and what to do."""
    assert_one_sentence(
        person.run("temp-access", "credentials", "bob", "--profile", "nobody"), 2, "nobody", "pass another --profile"
    )


def test_no_region(person: Person) -> None:
    """STS is regional."""
    env = {name: value for name, value in person.keys.items() if "REGION" not in name and "CONFIG_FILE" not in name}
    assert_one_sentence(person.run("temp-access", "credentials", "bob", env=env), 2, "no Region is set; pass --region")


@pytest.mark.parametrize(("variable", "value"), [("AWS_ACCESS_KEY_ID", "AKIANOBODY"), ("AWS_SECRET_ACCESS_KEY", "x")])
def test_a_wrong_key(person: Person, variable: str, value: str) -> None:
    """Which key it was, by its last characters, and an explanation below."""
    ended = person.run("temp-access", "credentials", "bob", env={**person.keys, variable: value})
    assert_one_sentence(ended, 2, "the base credentials (key …", "log in again")
    assert "fix: " in ended.err


def test_a_caller_that_isnt_trusted(person: Person) -> None:
    """Who it is, what it may not assume, and the likely cause."""
    ended = person.run("temp-access", "credentials", "bob", env=person.project.aws.environment)
    assert_one_sentence(ended, 1, "may not assume arn:aws:iam::123456789012:role/temp-role (AccessDenied")
    assert "likely: " in ended.err


def test_no_local_aws(person: Person, tmp_path: Path) -> None:
    """The command that starts it."""
    ended = person.run("temp-access", "credentials", "bob", "--local", "--state", str(tmp_path / "none"))
    assert_one_sentence(ended, 2, "no local AWS runs", "temp-access local start")


def test_policy_without_an_answer(person: Person) -> None:
    """`policy` has the same exit code and sentence as the commands that borrow."""
    ended = person.run("temp-access", "policy", "bob", env={**person.keys, "AWS_ENDPOINT_URL": "https://127.0.0.1:1"})
    assert_one_sentence(ended, 1, "the service can't be reached", "check the network")


def test_not_deployed(person: Person) -> None:
    """The command that deploys it, and the way around."""
    person.toml.write_text(person.toml.read_text().replace('name = "temp-role"', 'name = "no-role"'))
    env = person.keys
    ended = person.run("temp-access", "credentials", "bob", env=env)
    assert_one_sentence(
        ended, 2, "the role no-role isn't found by", "run `make deploy`", "pass --role-arn and --bucket"
    )
    given = ("--role-arn", "arn:aws:iam::123456789012:role/temp-role", "--bucket", person.project.bucket)
    assert person.run("temp-access", "credentials", "bob", *given, env=env).code == 0


def test_no_user_in_the_local_aws(person: Person) -> None:
    """A key can't be made for somebody who isn't there."""
    person.toml.write_text(person.toml.read_text().replace('name = "temp-user"', 'name = "no-user"'))
    assert_one_sentence(person.temp_access("credentials", "bob"), 2, "has no user 'no-user'; run `make demo`")


def test_what_was_kept_of_the_role_is_dropped_on_failure(person: Person, calls: Calls) -> None:
    """A role that was deployed anew with a shorter maximum is found again."""
    person.borrow("bobby")
    person.project.iam.update_role(RoleName="temp-role", MaxSessionDuration=3600)
    try:
        ended = person.temp_access("credentials", "bob")
        assert ended.code == 0, ended.said
        assert "the session lasts 1h instead of 12h: the deployed role's maximum is 1h" in ended.err
        assert calls["iam:GetRole"] == 2
    finally:
        person.project.iam.update_role(RoleName="temp-role", MaxSessionDuration=43200)


def test_chained_credentials_get_an_hour(person: Person) -> None:
    """GetSessionToken's may not call IAM, so the role is given by hand; the note says why it is shorter."""
    code = "import boto3; c = boto3.client('sts').get_session_token()['Credentials']; print(*list(c.values())[:3])"
    key, secret, token = person.python(code).out.split()
    env = {**person.keys, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
    given = ("--role-arn", "arn:aws:iam::123456789012:role/temp-role", "--bucket", person.project.bucket)
    ended = person.run("temp-access", "credentials", "bob", *given, env=env)
    assert ended.code == 0, ended.said
    assert "the session lasts 1h instead of 12h: the caller's credentials are temporary themselves" in ended.err
    ended = person.run("temp-access", "credentials", "bob", *given, "--duration", "2h", env=env)
    assert_one_sentence(ended, 2, "too long: the caller's credentials are temporary themselves")


def test_the_service_cant_be_reached(person: Person) -> None:
    """After botocore's retries, one sentence."""
    env = {**person.keys, "AWS_ENDPOINT_URL": "https://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "2"}
    ended = person.run("temp-access", "credentials", "bob", env=env)
    assert_one_sentence(ended, 1, "the service can't be reached", "https://127.0.0.1:9")


def test_a_certificate_that_isnt_trusted(person: Person) -> None:
    """Another sentence than for a closed port."""
    env = {name: value for name, value in person.keys.items() if name not in ("AWS_CA_BUNDLE", "AWS_CONFIG_FILE")}
    assert_one_sentence(person.run("temp-access", "credentials", "bob", env=env), 1, "certificate isn't trusted")


def test_a_read_only_home(person: Person) -> None:
    """Sessions can't be kept, which is said; the credentials come all the same."""
    person.home.joinpath(".cache").write_text("not a folder")
    ended = person.temp_access("credentials", "bob", "--format", "process")
    assert ended.code == 0
    assert ended.err.count("note: sessions can't be kept in") == 1
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("text", ["", "{}", "\x00\xff", '{"format": 1, "session": {}, "files": []}'])
def test_broken_cache_files(person: Person, text: str) -> None:
    """They are replaced."""
    first = person.borrow("bob")["AccessKeyId"]
    for file in person.cache.rglob("*.json"):
        file.write_text(text)
    assert person.borrow("bob")["AccessKeyId"] != first
    assert person.borrow("bob")["AccessKeyId"] != first


def test_a_full_disk_for_the_output(person: Person) -> None:
    """What can't be written wasn't handed out, and that is said."""
    with Path("/dev/full").open("w") as full:
        ended = person.temp_access("credentials", "bob", stdout=full)
    assert_one_sentence(ended, 1, "standard output can't be written (No space left on device)")


def test_a_closed_pipe(person: Person) -> None:
    """Whoever stops reading gets no traceback."""
    person.borrow("bob")
    reading, writing = os.pipe()
    os.close(reading)
    ended = person.temp_access("credentials", "bob", stdout=writing)
    os.close(writing)
    assert (ended.code, ended.err) == (141, "")


def test_a_closed_stderr(person: Person) -> None:
    """A note that nobody reads is no reason to fail."""
    person.toml.write_text(person.toml.read_text() + '\n[grants.carol]\naccess = "read"\n')
    ended = person.temp_access("credentials", "carol", stderr=subprocess.DEVNULL)
    assert ended.code == 0
    ended = person.run("sh", "-c", f"temp-access credentials carol --no-cache {' '.join(person.local)} 2>&-")
    assert ended.code == 0


def test_debug_shows_the_traceback(person: Person) -> None:
    """For whoever has to find out more."""
    ended = person.run("temp-access", "--debug", "credentials", "nobody", *person.local)
    assert "Traceback" in ended.err
    assert "GrantNotFound" in ended.err


def test_a_full_audit_log(person: Person) -> None:
    """Nothing is handed out, and nothing is kept."""
    person.toml.write_text(person.toml.read_text() + '\n[audit]\nfile = "/dev/full"\n')
    assert_one_sentence(
        person.temp_access("credentials", "bob"), 2, "the audit log /dev/full can't be written", "no credentials"
    )
    assert not list((person.cache / "sessions").glob("*.json"))

"""`temp-access exec`: the command gets only the session's credentials, and replaces the process."""

import json
import os
import pty
import signal
import sys
import time
from pathlib import Path

import pytest

from temp_access.borrow.cache import Cache
from tests.integration.borrow.person import ROOT, Calls, Person

pytestmark = pytest.mark.integration
CALLERS = {
    "AWS_PROFILE": "theirs",
    "AWS_DEFAULT_PROFILE": "theirs",
    "AWS_ACCESS_KEY_ID": "AKIATHEIRS",
    "AWS_SECRET_ACCESS_KEY": "theirs",
    "AWS_SESSION_TOKEN": "theirs",
    "AWS_SECURITY_TOKEN": "theirs",
    "AWS_ROLE_ARN": "theirs",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "theirs",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "theirs",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "theirs",
}


def test_the_command_gets_only_the_sessions_credentials(person: Person) -> None:
    """It gets neither the caller's keys and profile nor the local AWS's deployer key."""
    ended = person.temp_access("exec", "bob", "--", "env", env=CALLERS)
    assert ended.code == 0, ended.output
    variables = dict(line.split("=", 1) for line in ended.out.splitlines() if line.startswith("AWS_"))
    assert "theirs" not in "".join(variables.values()).lower()
    assert variables["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert person.project.aws.environment["AWS_SECRET_ACCESS_KEY"] not in ended.out
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "us-east-1"


def test_a_cached_session_gives_the_same_environment(person: Person) -> None:
    """The environment doesn't depend on the cache; Node.js trusts the local AWS too."""
    first, second = (person.temp_access("exec", "bob", "--", "env").out for _ in range(2))
    assert sorted(first.splitlines()) == sorted(second.splitlines())
    assert f"NODE_EXTRA_CA_CERTS={person.project.aws.environment['AWS_CA_BUNDLE']}" in first.splitlines()


def test_the_real_aws_cli_works(person: Person) -> None:
    """It gets the local AWS's endpoint."""
    ended = person.temp_access("exec", "bob", "--", "aws", "sts", "get-caller-identity")
    assert "assumed-role/temp-role/bob,temp-user" in ended.out, ended.output


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_returns_the_commands_exit_code(person: Person, code: int) -> None:
    """Any exit code."""
    assert person.temp_access("exec", "bob", "--", "sh", "-c", f"exit {code}").code == code


def test_passes_arguments_unchanged(person: Person) -> None:
    """The command's options aren't parsed, and nothing is split or expanded."""
    words = ("--duration", "x", "a  b", "$HOME", "", "--", "-v")
    ended = person.temp_access("exec", "bob", "--", sys.executable, "-c", "import sys; print(sys.argv[1:])", *words)
    assert ended.out == f"{list(words)}\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signals_reach_the_command(person: Person, number: signal.Signals) -> None:
    """The command ends by the signal, as without exec."""
    process = person.begin("temp-access", "exec", "bob", *person.local, "--", "sh", "-c", "echo up; exec sleep 60")
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode == -number


def test_a_closed_pipe_ends_the_command(person: Person) -> None:
    """Python ignores SIGPIPE; the command must not inherit that."""
    person.borrow("bob")
    line = f"temp-access exec bob {' '.join(person.local)} -- yes | head -1; echo ${{PIPESTATUS[0]}}"
    ended = person.run("bash", "-c", line)
    assert ended.out.split() == ["y", str(128 + signal.SIGPIPE)]


def test_the_command_reads_standard_input(person: Person) -> None:
    """It gets exec's own standard input."""
    person.borrow("bob")
    line = f"echo hello | temp-access exec bob {' '.join(person.local)} -- cat"
    assert person.run("sh", "-c", line).out == "hello\n"


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [("no-such-command", 127, "command not found"), ("/etc/passwd", 126, "can't be run")],
)
def test_reports_a_command_that_cant_be_run(person: Person, command: str, code: int, message: str) -> None:
    """One line, with the exit codes of a shell."""
    ended = person.temp_access("exec", "bob", "--", command)
    assert (ended.code, len(ended.err.splitlines())) == (code, 1)
    assert message in ended.err


def test_a_session_is_kept_while_half_of_it_is_left(person: Person, calls: Calls) -> None:
    """The command can't renew it. --min-ttl says otherwise, and other commands keep it for longer."""
    first = person.borrow("bob")["AccessKeyId"]
    # Of 12 hours.
    _leave(person, 6 * 3600 + 300)
    assert first in person.temp_access("exec", "bob", "--", "env").out
    _leave(person, 6 * 3600 - 300)
    ended = person.temp_access("exec", "bob", "--min-ttl", "3600", "--", "env")
    assert first in ended.out
    assert "note: the session lasts 5h55m, until " in ended.err
    assert "; the grant allows 12h\n" in ended.err
    assert person.borrow("bob")["AccessKeyId"] == first
    assert calls["sts:AssumeRole"] == 1
    ended = person.temp_access("exec", "bob", "--", "env")
    assert (ended.code, ended.err, calls["sts:AssumeRole"]) == (0, "", 2)
    assert first not in ended.out


def _leave(person: Person, seconds: int) -> None:
    """Change the only cached session: `seconds` are left of it."""
    cache = Cache(str(person.cache))
    ((key, session),) = cache.entries("sessions")
    cache.write("sessions", key, {**session, "expires_at": time.time() + seconds})


def test_a_session_of_temporary_credentials_says_its_limit_once(person: Person) -> None:
    """Of an hour, where the grant allows 12."""
    ended = person.python(
        "import json, boto3; print(json.dumps(boto3.client('sts').get_session_token()['Credentials'], default=str))"
    )
    token = json.loads(ended.out)
    env = {
        **person.keys,
        "AWS_ACCESS_KEY_ID": token["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": token["SecretAccessKey"],
        "AWS_SESSION_TOKEN": token["SessionToken"],
    }
    # They may not call IAM.
    role = ("--role-arn", "arn:aws:iam::123456789012:role/temp-role", "--bucket", person.project.bucket)
    ended = person.run("temp-access", "exec", "bob", *role, "--", "true", env=env)
    assert ended.code == 0, ended.output
    assert ended.err.startswith("note: the session lasts 1h instead of 12h: the caller's credentials are temporary")
    assert ended.err.count("lasts") == 1


def test_the_last_line_of_the_demo_can_be_pasted(person: Person, tmp_path: Path) -> None:
    """What `make demo` prints last borrows and uploads, in any shell in the project's folder."""
    (tmp_path / "demo/.temp-access").mkdir(parents=True)
    (tmp_path / "demo/.temp-access/local").symlink_to(person.project.aws.state_dir)
    (tmp_path / "demo/.venv").symlink_to(sys.prefix)
    (tmp_path / "demo/access.toml").symlink_to(person.toml)
    (tmp_path / "demo/README.md").write_text("hello")
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"bucket": person.project.bucket}))
    for grant, shown in (("bob", "upload: ./README.md to s3://"), ("bobby", "{")):
        if grant == "bobby":
            # It can't upload.
            person.toml.write_text('[grants.bobby]\naccess = "read"\n')
        there = f"cd {tmp_path}/demo &&"
        printed = person.run("sh", "-c", f"{there} python {ROOT}/tools/demo_end.py {report}").out
        line = printed.splitlines()[-1]
        ended = person.run("/bin/sh", "-c", f"{there} {line}", env={"PATH": os.defpath})
        assert ended.code == 0, f"{line}: {ended.output}"
        assert f"exec --local {grant} -- " in line
        assert shown in ended.out


def test_asks_for_an_mfa_code_only_on_a_terminal(person: Person, tmp_path: Path) -> None:
    """A credential_process has no terminal."""
    text = person.toml.read_text()
    person.toml.write_text(text.replace("# [role.conditions]\n# mfa = true", "[role.conditions]\nmfa = true"))
    ended = person.temp_access("credentials", "bob")
    assert ended.code == 2
    assert "requires MFA, and no code was passed; run `temp-access credentials bob --mfa-serial ARN`" in ended.err
    serial = ("--mfa-serial", "arn:aws:iam::123456789012:mfa/temp-user")
    ended = person.temp_access("credentials", "bob", *serial)
    assert ended.code == 2
    assert "there is no terminal to ask for it" in ended.err
    controller, terminal = pty.openpty()
    os.write(controller, b"12345\n")
    words = ("temp-access", "credentials", "bob", *person.local, *serial)
    ended = person.run(*words, stdin=terminal)
    assert "code of the MFA device arn:aws:iam::123456789012:mfa/temp-user: " in ended.err
    assert "isn't six digits" in ended.err
    ended = person.run(*words, "--format", "process", stdin=terminal)
    assert "there is no terminal" in ended.err
    os.close(controller)
    os.close(terminal)

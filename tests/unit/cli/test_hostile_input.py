"""Files and paths that no command can use: each is named in one line, with exit code 2 and without a traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from temp_access.aws.errors import AuditFailed
from temp_access.borrow.audit_log import AuditLog
from temp_access.cli.main import main
from temp_access.errors import UserError
from temp_access.files import MAX_POLICY_SIZE, MAX_SIZE, read_object

TOML = '[bucket]\non_destroy = "destroy"\n[grants.bob]\naccess = "read"\n'
HEX = "0x" + "f" * 6000


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("access.toml").write_text(TOML)
    os.mkfifo("pipe")
    Path("folder").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        # Its file stays when it is closed.
        listening.bind("socket")


def refused(*words: str) -> str:
    """Return the message of a command that is refused, run in a process of its own: it may wait for ever."""
    ended = subprocess.run(
        [sys.executable, "-c", "from temp_access.cli.main import run; run()", *words],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout, "Traceback" in ended.stderr) == (2, "", False), ended.stderr
    return ended.stderr


ODD = ["pipe", "/dev/zero", "folder", "socket"]


@pytest.mark.parametrize("file", ODD)
@pytest.mark.parametrize(
    "words",
    [
        ("policy", "bob", "--bucket", "b", "--config"),
        ("credentials", "bob", "--config"),
        ("simulate",),
    ],
    ids=lambda words: words[0],
)
def test_only_a_regular_file_is_read(words: tuple[str, ...], file: str) -> None:
    """A pipe would wait for ever, and a device would fill the memory."""
    assert f"{file}: " in refused(*words, file)


@pytest.mark.parametrize("file", ODD)
@pytest.mark.parametrize("table", ["inline", "customer_managed"])
def test_only_a_regular_file_is_a_policy(table: str, file: str) -> None:
    """The finding names the key."""
    Path("access.toml").write_text(f'{TOML}[[user.{table}]]\nname = "x"\nfile = "{file}"\n')
    assert f"access.toml: user.{table}[0].file: {file!r} can't be read: " in refused("policy", "bob", "--bucket", "b")


@pytest.mark.parametrize("file", ["pipe", "/dev/zero", "folder"])
def test_only_a_regular_file_is_an_aws_configuration(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_CONFIG_FILE can name anything."""
    monkeypatch.setenv("AWS_CONFIG_FILE", os.path.abspath(file))
    assert "can't be read (" in refused("profile", "bob", "--yes")


@pytest.mark.parametrize("file", ODD)
def test_only_a_regular_file_is_an_object(file: str) -> None:
    """Such as a template or the session policy that is to be proved."""
    with pytest.raises(UserError, match=rf"^{file}: can't be read \(.*\); write one$"):
        read_object(Path(file), "write one")


def test_an_object_that_is_written_by_hand() -> None:
    """It has a limit, and no key twice; a template, which a tool wrote, may be larger."""
    Path("o.json").write_text('{"a": 1, "a": 2}')
    assert read_object(Path("o.json"), "write one") == {"a": 2}
    with pytest.raises(UserError, match="'a' occurs twice in one object"):
        read_object(Path("o.json"), "write one", written_by_hand=True)
    Path("o.json").write_text("{}".ljust(MAX_POLICY_SIZE + 1))
    assert read_object(Path("o.json"), "write one") == {}
    with pytest.raises(UserError, match="it is larger than 1 MB"):
        read_object(Path("o.json"), "write one", written_by_hand=True)


def test_an_audit_log_that_nobody_reads_doesnt_wait() -> None:
    """A pipe without a reader; no credentials are returned without a record."""
    with pytest.raises(AuditFailed, match="pipe can't be written"):
        AuditLog(Path("pipe"))


def test_files_have_a_limit(capsys: pytest.CaptureFixture[str]) -> None:
    """16 MB for access.toml, and 1 MB for a policy; one byte less is read."""
    words = ["policy", "bob", "--bucket", "b"]
    Path("access.toml").write_text(TOML + "#" * (MAX_SIZE - len(TOML)))
    assert main(words) == 0
    Path("access.toml").write_text(TOML + "#" * (MAX_SIZE - len(TOML) + 1))
    assert main(words) == 2
    assert "access.toml: can't be read: it is larger than 16 MB" in capsys.readouterr().err
    Path("access.toml").write_text(f'{TOML}[[user.inline]]\nname = "x"\nfile = "p.json"\n')
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
    for size, code in ((MAX_POLICY_SIZE, 0), (MAX_POLICY_SIZE + 1, 2)):
        Path("p.json").write_text(policy.ljust(size))
        assert main(words) == code
    assert "user.inline[0].file: 'p.json' can't be read: it is larger than 1 MB" in capsys.readouterr().err


@pytest.mark.parametrize("key", ["Version", "Statement", "Effect", "Action", "s3:prefix"])
def test_a_key_twice_is_refused(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The last one would win silently, at any depth."""
    condition = '"Condition": {"StringEquals": {"s3:prefix": "x"}}'
    statement = f'{{"Effect": "Deny", "Action": "*", "Resource": "*", {condition}}}'
    policy = f'{{"Version": "2012-10-17", "Statement": [{statement}]}}'
    Path("access.toml").write_text(f'{TOML}[[user.inline]]\nname = "x"\nfile = "p.json"\n')
    Path("p.json").write_text(policy)
    assert main(["policy", "bob", "--bucket", "b"]) == 0
    Path("p.json").write_text(policy.replace(f'"{key}":', f'"{key}": "y", "{key}":'))
    assert main(["policy", "bob", "--bucket", "b"]) == 2
    assert f"user.inline[0].file: isn't JSON ({key!r} occurs twice in one object)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "lines",
    [
        f"[role]\nmax_session_duration = {HEX}",
        f"[role]\nname = {HEX}",
        f"[role]\ntrusted = [[{HEX}]]",
        f"[role]\nmax_session_duration = 0o{'7' * 9000}",
        f"[role]\nmax_session_duration = 0b{'1' * 20000}",
        f"[role]\nmax_session_duration = {'9' * 6000}",
        f'[[user.inline]]\nname = "x"\ndocument = {{ Statement = [{{ Effect = {HEX} }}] }}',
        f"[unknown]\nx = -{HEX[2:].replace('f', '1')}",
    ],
    ids=range(8),
)
def test_a_number_of_thousands_of_digits_is_a_finding(lines: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In every base and place: Python can't print it."""
    Path("access.toml").write_text(f"{TOML}{lines}\n")
    assert main(["policy", "bob", "--bucket", "b"]) == 2
    assert capsys.readouterr().err == "access.toml: has a number with thousands of digits; no key needs one\n"


PATH_OPTIONS = [
    ("policy", "bob", "--bucket", "b", "--config"),
    ("credentials", "bob", "--local", "--state"),
    ("status", "--local", "--state"),
    ("local", "start", "--state"),
    ("local", "status", "--state"),
    ("local", "stop", "--state"),
    ("prove", "--template"),
    ("prove", "--session-policy"),
    ("lint", "--template"),
    ("can", "bob", "s3:GetObject", "x", "--template"),
    ("review", "--head", "x", "--base"),
    ("review", "--base", "x", "--head", "y", "--output"),
    ("verify", "--offline", "--json"),
    ("verify", "--local", "--state"),
    ("profile", "bob", "--local", "--state"),
    ("simulate",),
]


@pytest.mark.parametrize("words", PATH_OPTIONS, ids=" ".join)
@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("a" * 5000, "… is too long for a path"),
        ("a" * 256, "… is too long for a path"),
        ("é" * 128, "… is too long for a path"),
        ("a/" * 2500, "… is too long for a path"),
        ("a\nb", "contains a control character"),
        ("a\x1b[31mb", "contains a control character"),
        ("a\u2028b", "contains a control character"),
    ],
    ids=["5000", "256", "bytes", "depth", "line", "escape", "unicode"],
)
def test_a_path_that_cant_be_one(
    words: tuple[str, ...], path: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of every option, before anything else happens."""
    assert main([*words, path]) == 2
    output = capsys.readouterr()
    assert (output.out, told in output.err, output.err.count("\n")) == ("", True, 1), output.err
    assert output.err.replace("\n", "").isprintable()


def test_the_longest_path_is_none_of_these(capsys: pytest.CaptureFixture[str]) -> None:
    """It is only missing."""
    assert main(["policy", "bob", "--bucket", "b", "--config", "a" * 255]) == 2
    assert "there is no such file" in capsys.readouterr().err

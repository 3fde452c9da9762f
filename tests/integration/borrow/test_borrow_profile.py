"""The written profile: the real AWS CLI and boto3 use it, and removing it restores the file."""

import json
import shlex
import time
from pathlib import Path

import pytest

from tests.integration.borrow.person import BIN, Calls, Person
from tests.integration.deploy.project import FinishedCommand

pytestmark = pytest.mark.integration


@pytest.fixture
def written(person: Person) -> Person:
    """A person with the profile bob."""
    ended = person.temp_access("profile", "bob", "--yes")
    assert ended.code == 0, ended.output
    return person


def aws(person: Person, *words: str, env: dict[str, str] | None = None) -> FinishedCommand:
    """Run the AWS CLI."""
    return person.run("aws", *words, env=env)


def test_the_aws_cli_reaches_only_bobs_folder(written: Person, tmp_path: Path) -> None:
    """It lists and writes in bob/, and gets AccessDenied in bobby/."""
    bucket = written.project.bucket
    (tmp_path / "file").write_text("hello")
    put = aws(written, "s3", "cp", str(tmp_path / "file"), f"s3://{bucket}/bob/hello", "--profile", "bob")
    assert put.code == 0, put.output
    listed = aws(written, "s3", "ls", f"s3://{bucket}/bob/", "--profile", "bob")
    assert "hello" in listed.out
    for words in (
        ("s3", "ls", f"s3://{bucket}/bobby/"),
        ("s3", "cp", str(tmp_path / "file"), f"s3://{bucket}/bobby/hello"),
    ):
        refused = aws(written, *words, "--profile", "bob")
        assert refused.code != 0
        assert "AccessDenied" in refused.err


def test_boto3_reaches_only_bobs_folder(written: Person) -> None:
    """The profile's name is enough, also from AWS_PROFILE."""
    code = f"""
import boto3, sys
from botocore.exceptions import ClientError
s3 = boto3.Session(profile_name=sys.argv[1] if sys.argv[1:] else None).client("s3")
for key in ("bob/from-boto3", "bobby/from-boto3"):
    try:
        s3.put_object(Bucket="{written.project.bucket}", Key=key, Body=b"x")
        s3.list_objects_v2(Bucket="{written.project.bucket}", Prefix=key.partition("/")[0] + "/")
        print(key, "allowed")
    except ClientError as error:
        print(key, error.response["Error"]["Code"])
"""
    for env in ({"AWS_PROFILE": "bob"}, {"AWS_DEFAULT_PROFILE": "bob"}):
        ended = written.python(code, env={**written.environment, **env})
        assert ended.out == "bob/from-boto3 allowed\nbobby/from-boto3 AccessDenied\n", ended.output


def test_the_aws_cli_uses_the_cached_session_and_refreshes_it(person: Person) -> None:
    """Two calls share a session until less than --min-ttl is left."""
    person.temp_access("profile", "bob", "--yes", "--duration", "15m", "--min-ttl", "14m57s")
    calls = Calls(person)
    for _ in range(2):
        assert aws(person, "sts", "get-caller-identity", "--profile", "bob").code == 0
    # The second call may come late on a busy machine.
    assert calls["sts:AssumeRole"] <= 2
    before = calls["sts:AssumeRole"]
    time.sleep(3.1)
    assert aws(person, "sts", "get-caller-identity", "--profile", "bob").code == 0
    assert calls["sts:AssumeRole"] == before + 1


def test_an_inherited_profile_doesnt_refer_back(person: Person) -> None:
    """If AWS_PROFILE names the profile, its command still borrows with the source profile."""
    keys = person.keys
    config = person.config
    config.parent.mkdir()
    config.write_text(
        "[profile temp-user]\n"
        f"aws_access_key_id = {keys['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = {keys['AWS_SECRET_ACCESS_KEY']}\n"
        f"region = us-east-1\nendpoint_url = {keys['AWS_ENDPOINT_URL']}\nca_bundle = {keys['AWS_CA_BUNDLE']}\n"
    )
    ended = person.run("temp-access", "profile", "bob", "--profile", "temp-user", "--yes")
    assert ended.code == 0, ended.output
    content = config.read_text() + ""
    assert "--profile temp-user" in content
    # The endpoint isn't written for AWS; here it is needed to reach the local one.
    env = {name: keys[name] for name in ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE")}
    identity = aws(person, "sts", "get-caller-identity", env={**env, "AWS_PROFILE": "bob"})
    assert json.loads(identity.out)["Arn"].endswith("/bob,temp-user"), identity.output


def test_refuses_a_source_profile_that_refers_back(written: Person) -> None:
    """Another managed profile, the profile itself, and a missing one."""
    for source, message in (
        ("bob", "borrows by itself"),
        ("bobby", "refers back to 'bobby'"),
        ("no", "there is no profile"),
    ):
        ended = written.run("temp-access", "profile", "bobby", "--profile", source, "--yes")
        assert ended.code == 2
        assert message in ended.err


def test_shows_the_profile_and_writes_it(person: Person) -> None:
    """The block is printed to stderr, nothing to stdout, and its paths are absolute."""
    ended = person.temp_access("profile", "bob", "--yes")
    content = person.config.read_text()
    inner = "".join(
        line for line in content.splitlines(keepends=True) if not line.startswith("# managed by temp-access")
    )
    assert inner in ended.err
    assert ended.out == ""
    command = shlex.split(
        next(line for line in content.splitlines() if "credential_process" in line).partition(" = ")[2]
    )
    assert command[0] == str(BIN / "temp-access")
    assert command[command.index("--config") + 1] == str(person.toml)
    for setting in ("endpoint_url = https://127.0.0.1:", "ca_bundle = /", "region = us-east-1"):
        assert setting in content


def test_needs_yes_without_a_terminal(person: Person) -> None:
    """Nobody can confirm."""
    ended = person.temp_access("profile", "bob")
    assert ended.code == 2
    assert "pass --yes" in ended.err
    assert not person.config.exists()


@pytest.mark.parametrize("before", [None, "", "[default]\nregion = x", "# \u00e9\r\n[profile x]\n"])
def test_remove_restores_the_file(person: Person, before: str | None) -> None:
    """Byte for byte, with its mode; a new file is deleted."""
    if before is not None:
        person.config.parent.mkdir()
        person.config.write_bytes(before.encode())
        person.config.chmod(0o640)
    assert person.temp_access("profile", "bob", "--yes").code == 0
    assert person.temp_access("profile", "bob", "--yes", "--duration", "1h").code == 0
    assert person.run("temp-access", "profile", "bob", "--remove", "--yes").code == 0
    assert (person.config.read_bytes().decode() if person.config.exists() else None) == before
    assert before is None or person.config.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("id_", ["-dash", "two words", "quote'\"", "é;#$HOME*"])
def test_any_id_works_through_the_profile(person: Person, id_: str) -> None:
    """The id reaches the command unchanged; --name gives a name that every tool accepts."""
    pattern = """[-a-zé '#;$A-Z*\\"]{1,20}"""
    any_id = f'\n[any_id]\npattern = "{pattern}"\naccess = "read"\nfolder = "others/{{id}}"\n'
    person.toml.write_text(person.toml.read_text() + any_id)
    ended = person.temp_access("profile", "--name", "other", "--yes", "--", id_)
    assert ended.code == 0, ended.output
    identity = aws(person, "sts", "get-caller-identity", "--profile", "other")
    assert "assumed-role/temp-role/" in identity.out, identity.output
    assert person.run("temp-access", "profile", "--remove", "--yes", "--name", "other", "--", id_).code == 0


def test_never_overwrites_another_profile(person: Person) -> None:
    """Neither in the configuration nor keys that take precedence."""
    person.config.parent.mkdir()
    person.config.write_text("[profile bob]\nregion = x\n")
    ended = person.temp_access("profile", "bob", "--yes")
    assert (ended.code, person.config.read_text()) == (2, "[profile bob]\nregion = x\n")
    assert "choose another name with --name" in ended.err
    person.config.with_name("credentials").write_text("[team]\naws_access_key_id = x\n")
    assert "take precedence" in person.temp_access("profile", "bob", "--name", "team", "--yes").err
    assert person.temp_access("profile", "bob", "--name", "own", "--yes").code == 0
    assert "has no profile 'bob' of temp-access" in person.run("temp-access", "profile", "bob", "--remove", "--yes").err


def test_uses_aws_config_file(person: Person, tmp_path: Path) -> None:
    """~/.aws isn't changed."""
    env = {"AWS_CONFIG_FILE": str(tmp_path / "elsewhere")}
    assert person.temp_access("profile", "bob", "--yes", env=env).code == 0
    assert "[profile bob]" in (tmp_path / "elsewhere").read_text()
    assert not person.config.exists()
    assert aws(person, "sts", "get-caller-identity", "--profile", "bob", env=env).code == 0


def test_notes_a_variable_that_takes_precedence(person: Person) -> None:
    """AWS_CA_BUNDLE in the shell overrides the profile's ca_bundle."""
    ended = person.temp_access("profile", "bob", "--yes", env={"AWS_CA_BUNDLE": "/etc/ssl/cert.pem"})
    assert "AWS_CA_BUNDLE is set and takes precedence over the profile's ca_bundle" in ended.err

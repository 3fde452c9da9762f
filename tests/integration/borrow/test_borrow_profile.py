"""The written profile: the real AWS CLI and boto3 use it, and it is taken out without a trace."""

import json
import shlex
import time
from pathlib import Path

import pytest

from tests.integration.borrow.person import BIN, Calls, Person
from tests.integration.deploy.project import Ended

pytestmark = pytest.mark.integration


@pytest.fixture
def written(person: Person) -> Person:
    """Somebody with the profile bob."""
    ended = person.temp_access("profile", "bob", "--yes")
    assert ended.code == 0, ended.said
    return person


def aws(person: Person, *words: str, env: dict[str, str] | None = None) -> Ended:
    """Run the AWS CLI."""
    return person.run("aws", *words, env=env)


def test_the_cli_reaches_bobs_folder_and_not_bobbys(written: Person, tmp_path: Path) -> None:
    """List and write inside bob/, AccessDenied in bobby/."""
    bucket = written.project.bucket
    (tmp_path / "file").write_text("hello")
    put = aws(written, "s3", "cp", str(tmp_path / "file"), f"s3://{bucket}/bob/hello", "--profile", "bob")
    assert put.code == 0, put.said
    listed = aws(written, "s3", "ls", f"s3://{bucket}/bob/", "--profile", "bob")
    assert "hello" in listed.out
    for words in (
        ("s3", "ls", f"s3://{bucket}/bobby/"),
        ("s3", "cp", str(tmp_path / "file"), f"s3://{bucket}/bobby/hello"),
    ):
        refused = aws(written, *words, "--profile", "bob")
        assert refused.code != 0
        assert "AccessDenied" in refused.err


def test_boto3_reaches_bobs_folder_and_not_bobbys(written: Person) -> None:
    """Nothing but the profile's name is needed, also when it comes from AWS_PROFILE."""
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
        assert ended.out == "bob/from-boto3 allowed\nbobby/from-boto3 AccessDenied\n", ended.said


def test_the_cli_uses_the_kept_session_and_refreshes_by_itself(person: Person) -> None:
    """Two calls share a session, until it has less left than --min-ttl: just under the session's length shows it."""
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


def test_an_inherited_profile_doesnt_lead_back(person: Person) -> None:
    """With AWS_PROFILE naming the written profile, its command still borrows with its base."""
    keys = person.keys
    config = person.config
    config.parent.mkdir()
    config.write_text(
        "[profile temp-user]\n"
        f"aws_access_key_id = {keys['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = {keys['AWS_SECRET_ACCESS_KEY']}\n"
        f"region = us-east-1\nendpoint_url = {keys['AWS_ENDPOINT_URL']}\nca_bundle = {keys['AWS_CA_BUNDLE']}\n"
    )
    ended = person.run("temp-access", "profile", "bob", "--profile", "temp-user", "--yes")
    assert ended.code == 0, ended.said
    text = config.read_text() + ""
    assert "--profile temp-user" in text
    # The endpoint isn't written for AWS; here it is needed to reach the local one.
    env = {name: keys[name] for name in ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE")}
    found = aws(person, "sts", "get-caller-identity", env={**env, "AWS_PROFILE": "bob"})
    assert json.loads(found.out)["Arn"].endswith("/bob,temp-user"), found.said


def test_a_base_that_leads_back_is_refused(written: Person) -> None:
    """Another managed profile, itself, and none at all."""
    for base, why in (("bob", "borrows by itself"), ("bobby", "refers back to 'bobby'"), ("no", "there is no profile")):
        ended = written.run("temp-access", "profile", "bobby", "--profile", base, "--yes")
        assert ended.code == 2
        assert why in ended.err


def test_it_is_shown_and_then_written(person: Person) -> None:
    """What the file then holds was on stderr before; stdout has nothing, and words have absolute paths."""
    ended = person.temp_access("profile", "bob", "--yes")
    text = person.config.read_text()
    inner = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("# managed by temp-access"))
    assert inner in ended.err
    assert ended.out == ""
    command = shlex.split(next(line for line in text.splitlines() if "credential_process" in line).partition(" = ")[2])
    assert command[0] == str(BIN / "temp-access")
    assert command[command.index("--config") + 1] == str(person.toml)
    for setting in ("endpoint_url = https://127.0.0.1:", "ca_bundle = /", "region = us-east-1"):
        assert setting in text


def test_without_a_terminal_nothing_is_written_unasked(person: Person) -> None:
    """--yes is needed where nobody can be asked."""
    ended = person.temp_access("profile", "bob")
    assert ended.code == 2
    assert "pass --yes" in ended.err
    assert not person.config.exists()


@pytest.mark.parametrize("before", [None, "", "[default]\nregion = x", "# \u00e9\r\n[profile x]\n"])
def test_remove_takes_out_exactly_what_was_written(person: Person, before: str | None) -> None:
    """Byte for byte, the file's mode included, and no file where there was none."""
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
    """Whatever is in it, it reaches its command as it is; a name that every tool takes has to be given."""
    pattern = """[-a-zé '#;$A-Z*\\"]{1,20}"""
    any_id = f'\n[any_id]\npattern = "{pattern}"\naccess = "read"\nfolder = "others/{{id}}"\n'
    person.toml.write_text(person.toml.read_text() + any_id)
    ended = person.temp_access("profile", "--name", "other", "--yes", "--", id_)
    assert ended.code == 0, ended.said
    found = aws(person, "sts", "get-caller-identity", "--profile", "other")
    assert "assumed-role/temp-role/" in found.out, found.said
    assert person.run("temp-access", "profile", "--remove", "--yes", "--name", "other", "--", id_).code == 0


def test_somebody_elses_profile_isnt_overwritten(person: Person) -> None:
    """Neither one in the configuration, nor keys that would win over it."""
    person.config.parent.mkdir()
    person.config.write_text("[profile bob]\nregion = x\n")
    ended = person.temp_access("profile", "bob", "--yes")
    assert (ended.code, person.config.read_text()) == (2, "[profile bob]\nregion = x\n")
    assert "choose another name with --name" in ended.err
    person.config.with_name("credentials").write_text("[team]\naws_access_key_id = x\n")
    assert "take precedence" in person.temp_access("profile", "bob", "--name", "team", "--yes").err
    assert person.temp_access("profile", "bob", "--name", "own", "--yes").code == 0
    assert "has no profile 'bob' of temp-access" in person.run("temp-access", "profile", "bob", "--remove", "--yes").err


def test_aws_config_file_is_honoured(person: Person, tmp_path: Path) -> None:
    """~/.aws isn't touched then."""
    env = {"AWS_CONFIG_FILE": str(tmp_path / "elsewhere")}
    assert person.temp_access("profile", "bob", "--yes", env=env).code == 0
    assert "[profile bob]" in (tmp_path / "elsewhere").read_text()
    assert not person.config.exists()
    assert aws(person, "sts", "get-caller-identity", "--profile", "bob", env=env).code == 0


def test_a_variable_that_would_win_is_said(person: Person) -> None:
    """AWS_CA_BUNDLE of the shell would make the written ca_bundle useless."""
    ended = person.temp_access("profile", "bob", "--yes", env={"AWS_CA_BUNDLE": "/etc/ssl/cert.pem"})
    assert "AWS_CA_BUNDLE is set and takes precedence over the profile's ca_bundle" in ended.err

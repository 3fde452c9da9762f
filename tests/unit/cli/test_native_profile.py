"""`temp-access profile` for grants with borrowers: native profiles, as botocore reads them, and why others aren't."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from temp_access.cli.main import main

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lent/temp-role-"
FILE = """
[role]
path = "/lent/"
[bucket]
name = "lent-folders-111122223333"
[users.ann]
[identity_providers.own]
issuer = "https://login.example.com"
audience = "temp-access"
[grants.shared]
access = "read"
[grants.desk]
access = "read-write"
borrowers = ["user/ann"]
[grants.short]
access = "read"
duration = "30m"
borrowers = ["user/ann"]
[grants.people]
access = "read"
borrowers = ["sso/Data/zoe@example.com"]
[grants.partner]
access = "read"
borrowers = [{ principal = "arn:aws:iam::222233334444:role/partner", external_id = "the-partner-7f3a" }]
[grants.several]
access = "read"
borrowers = ["user/ann", "role/build"]
[grants.build]
access = "read"
duration = "2h"
borrowers = ["oidc/own/project:7"]
[grants.builds]
access = "read"
borrowers = ["oidc/own/project:*"]
[grants.lambda]
access = "read"
borrowers = ["service/lambda.amazonaws.com"]
[environments.prod]
account = "111122223333"
region = "eu-central-1"
"""
SOURCES = (
    "[profile ann]\naws_access_key_id = AKIAX\naws_secret_access_key = x\nregion = eu-west-1\n"
    "[profile zoe]\nsso_session = x\nsso_account_id = 111122223333\nsso_role_name = Data\n"
)
Write = Callable[..., tuple[int, Mapping[str, Any], str]]


@pytest.fixture(name="write")
def _write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Write:
    config = tmp_path / "config"
    config.write_text(SOURCES)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / "access.toml").write_text(FILE)

    def write(id_: str, *options: str, toml: str = FILE) -> tuple[int, Mapping[str, Any], str]:
        """Return the exit code, the profile's settings as botocore reads them, and standard error."""
        (tmp_path / "access.toml").write_text(toml)
        code = main(["profile", id_, "--yes", "--config", str(tmp_path / "access.toml"), *options])
        profiles = botocore.session.Session().full_config["profiles"]
        return code, profiles.get(id_, {}), capsys.readouterr().err

    return write


def test_a_users_profile_needs_no_program(write: Write) -> None:
    """Role, source, session name, duration and Region; and it says so."""
    code, profile, said = write("desk", "--source-profile", "ann", "--account", ACCOUNT)
    assert code == 0, said
    assert profile == {
        "role_arn": ROLE + "desk",
        "source_profile": "ann",
        "role_session_name": "desk,ann",
        "duration_seconds": "43200",
        "region": "eu-west-1",
    }
    assert "no program of temp-access runs for it" in said


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        # STS limits sessions of temporary credentials to an hour.
        (("people", "--profile", "zoe"), {"role_session_name": "people,zoe@example.com", "duration_seconds": "3600"}),
        (("short", "--profile", "ann"), {"duration_seconds": "1800"}),
        (("short", "--profile", "ann", "--duration", "15m"), {"duration_seconds": "900"}),
        (("desk", "--profile", "ann", "--mfa-serial", "arn:aws:iam::1:mfa/a"), {"mfa_serial": "arn:aws:iam::1:mfa/a"}),
        (("partner", "--profile", "ann"), {"external_id": "the-partner-7f3a", "role_session_name": "partner,partner"}),
        (("partner", "--profile", "ann", "--external-id", "another"), {"external_id": "another"}),
        (("several", "--profile", "ann", "--borrower", "role/build"), {"role_session_name": "several,build"}),
        (("desk", "--profile", "ann", "--role-arn", ROLE + "x"), {"role_arn": ROLE + "x"}),
    ],
)
def test_settings_come_from_the_file_and_the_options(
    write: Write, words: tuple[str, ...], settings: dict[str, str]
) -> None:
    """Each in an environment, which tells the account."""
    id_, *options = words
    code, profile, said = write(id_, *options, "--env", "prod")
    assert code == 0, said
    assert profile.items() >= settings.items()
    assert profile["region"] == "eu-central-1"
    assert "credential_process" not in profile


@pytest.mark.parametrize(("id_", "name"), [("build", "build,project-7=66ni6bvsbzlv"), ("builds", "builds,own")])
def test_a_pipelines_profile_has_the_token_file(write: Write, tmp_path: Path, id_: str, name: str) -> None:
    """The file may not exist yet; a session name names the one subject, or the provider of several."""
    code, profile, said = write(id_, "--web-identity-token-file", str(tmp_path / "token"), "--env", "prod")
    assert code == 0, said
    assert profile["web_identity_token_file"] == str(tmp_path / "token")
    assert profile["role_arn"] == ROLE + id_
    assert profile["role_session_name"].split("=")[0] == name.split("=")[0]
    assert profile["duration_seconds"] == ("7200" if id_ == "build" else "43200")
    assert "source_profile" not in profile


def test_session_names_fit_the_condition(write: Write) -> None:
    """[role.conditions] holds for users, and ${aws:username} is theirs; for tokens it doesn't hold."""
    conditions = '[role.conditions]\nsession_name = "*@${aws:username}"\n'
    # No other borrower has a user's name.
    head, rest = FILE.partition("[grants.people]")[::2]
    toml = head + "[grants.builds]" + rest.partition("[grants.builds]")[2] + conditions
    assert write("desk", "--profile", "ann", "--env", "prod", toml=toml)[1]["role_session_name"] == "desk,ann@ann"
    pipeline = write("builds", "--web-identity-token-file", "/token", "--env", "prod", toml=toml)
    assert pipeline[1]["role_session_name"] == "builds,own"


def test_mfa_needs_the_device(write: Write) -> None:
    """Of users; role sessions can't carry it."""
    toml = FILE + "[role.conditions]\nmfa = true\n"
    code, profile, said = write("desk", "--profile", "ann", "--env", "prod", toml=toml)
    assert (code, profile) == (2, {})
    assert "pass the device's ARN with --mfa-serial" in said
    assert write("people", "--profile", "zoe", "--env", "prod", toml=toml)[0] == 0


@pytest.mark.parametrize(
    ("options", "toml", "reason"),
    [
        (("--access", "read"), FILE, "need a session policy"),
        (("--within", "2026"), FILE, "need a session policy"),
        (("--credential-process",), FILE, "as --credential-process says"),
        ((), FILE + '[role.conditions]\nsource_identity = "*"\n', "requires a source identity"),
    ],
)
def test_says_why_a_profile_runs_temp_access(write: Write, options: tuple[str, ...], toml: str, reason: str) -> None:
    """What a native profile can't have."""
    code, profile, said = write("desk", "--source-profile", "ann", "--env", "prod", *options, toml=toml)
    assert code == 0, said
    assert reason in said
    assert "role_arn" not in profile
    command = profile["credential_process"]
    assert "--profile ann" in command
    assert all(word in command for word in options if word != "--credential-process")


def test_a_narrowed_pipeline_runs_temp_access(write: Write) -> None:
    """With the token file instead of a profile."""
    code, profile, said = write("build", "--web-identity-token-file", "/token", "--within", "a b", "--env", "prod")
    assert code == 0, said
    assert "--within 'a b'" in profile["credential_process"]
    assert "--web-identity-token-file /token" in profile["credential_process"]
    assert "--profile" not in profile["credential_process"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("build", "--web-identity-token-file", "/t"), "the account of the role isn't known"),
        (("build", "--profile", "ann", "--env", "prod"), "is borrowed with a token"),
        (("desk", "--web-identity-token-file", "/t", "--env", "prod"), "no borrower of 'desk' has a token"),
        (("lambda", "--profile", "ann", "--env", "prod"), "is for workloads of AWS only"),
        (("several", "--profile", "ann", "--borrower", "user/eve", "--env", "prod"), "'user/eve' isn't a borrower"),
        (("desk", "--profile", "no", "--env", "prod"), "there is no profile 'no' (known: ann, zoe)"),
        (("desk", "--profile", "ann", "--source-profile", "zoe", "--env", "prod"), "are two profiles"),
        (("build", "--web-identity-token-file", "/t", "--profile", "ann", "--env", "prod"), "are two identities"),
        (("people", "--profile", "zoe", "--duration", "2h", "--env", "prod"), "a session of 2h is too long"),
        (("desk", "--profile", "ann", "--duration", "13h", "--env", "prod"), "is too long"),
        (("desk", "--profile", "ann", "--account", "222233334444", "--env", "prod"), "leave --account out"),
        (("shared", "--external-id", "the-id", "--env", "prod"), "--external-id is for grants with borrowers"),
    ],
)
def test_says_what_is_needed(write: Write, words: tuple[str, ...], reason: str) -> None:
    """And writes nothing."""
    id_, *options = words
    code, profile, said = write(id_, *options)
    assert code == 2, said
    assert reason in said
    assert profile == {}


def test_policy_shows_trust_and_what_borrowers_need(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], write: Write
) -> None:
    """Without any call: the trust policy, and a statement for each borrower that the trust policy doesn't name."""
    file = str(tmp_path / "access.toml")
    common = ("--config", file, "--env", "prod")
    assert main(["policy", "people", "--trust", "--json", *common]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["trust_policy"]["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE + "people"}
    assert report["caller_statements"] == [
        {"holder": "the permission set Data", "grants": ["people"], "statement": statement}
    ]
    assert main(["policy", "partner", "--trust", *common]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["Statement"][0]["Condition"]["StringEquals"] == {
        "sts:ExternalId": "the-partner-7f3a"
    }
    assert "arn:aws:iam::222233334444:role/partner needs this statement" in printed.err
    assert main(["policy", "desk", "--trust", *common]) == 0
    assert "needs this statement" not in capsys.readouterr().err
    assert main(["policy", "shared", "--trust", *common]) == 0
    assert json.loads(capsys.readouterr().out)["Statement"][0]["Principal"]["AWS"].endswith(":user/temp-user")


def test_policy_prints_the_roles_own_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str], write: Write) -> None:
    """Narrowed, it is a session policy, which the role's own policy limits further."""
    common = ("--config", str(tmp_path / "access.toml"), "--env", "prod")
    assert main(["policy", "desk", *common]) == 0
    printed = capsys.readouterr()
    assert "arn:aws:s3:::lent-folders-111122223333/desk/*" in printed.out
    assert "the policy of the role temp-role-desk; its sessions need no session policy" in printed.err
    assert main(["policy", "desk", "--within", "2026", *common]) == 0
    printed = capsys.readouterr()
    assert "arn:aws:s3:::lent-folders-111122223333/desk/2026/*" in printed.out
    assert "of 2048 characters" in printed.err
    assert "on desk/ of the bucket" in printed.err

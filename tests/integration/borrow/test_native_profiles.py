"""Users of [users] with native profiles: the plain AWS CLI and boto3 borrow, with no program of ours in the path.

The AWS CLI here is the one that is installed; tests/clients runs version 2.
"""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from temp_access.policies.role_names import grant_role_name
from tests.integration.borrow.held import BORROWERS, USERS
from tests.integration.borrow.person import Person

pytestmark = pytest.mark.integration
_TRY_ALL = """
import boto3, json, sys
from botocore.exceptions import ClientError

def code(call, **arguments):
    try:
        call(**arguments)
        return "yes"
    except ClientError as error:
        return f'{error.response["Error"]["Code"]} {error.operation_name}'

bucket, names, folders, marked = sys.argv[1], *map(json.loads, sys.argv[2:5])
answers = {}
for name in names:
    s3 = boto3.Session(profile_name=name).client("s3")
    answers[name] = {
        folder: code(s3.put_object, Bucket=bucket, Key=f"{folder}/{marked}", Body=b"x") for folder in folders
    }
print(json.dumps(answers))
"""


def write_sources(person: Person) -> None:
    """Write a profile with the long-term key of each user, as `aws configure` does."""
    person.config.parent.mkdir()
    local = person.keys
    sections = []
    for user in USERS:
        key = person.keys_of(user)
        sections.append(
            f"[profile {user}]\naws_access_key_id = {key['AWS_ACCESS_KEY_ID']}\n"
            f"aws_secret_access_key = {key['AWS_SECRET_ACCESS_KEY']}\nregion = {local['AWS_REGION']}\n"
        )
    person.config.write_text("".join(sections), encoding="utf-8")


def settings_of(person: Person, name: str) -> dict[str, str]:
    """Return the profile's settings, as botocore reads them."""
    code = "import botocore.session, json, sys; print(json.dumps(botocore.session.Session(profile=sys.argv[1])"
    ended = person.run("python", "-c", f"{code}.get_scoped_config()))", name)
    settings: dict[str, str] = json.loads(ended.out)
    return settings


def write_pairs(person: Person) -> dict[str, tuple[str, str]]:
    """Write a native profile for each user and each grant; return users and grants by the profiles' names.

    Those of borrowers are written by `temp-access profile`, and the others have the same settings.
    """
    pairs = {f"p{number}": pair for number, pair in enumerate(product(USERS, BORROWERS))}
    for name, (user, id_) in pairs.items():
        named = BORROWERS[id_][0]
        # Whoever isn't a borrower copies the profile of one.
        words = (id_, "--name", name, "--borrower", f"user/{user if user in BORROWERS[id_] else named}")
        ended = person.temp_access("profile", *words, "--source-profile", user, "--yes")
        assert ended.code == 0, ended.output
        assert "no program of temp-access runs for it" in ended.err
    return pairs


def try_all(person: Person, names: list[str]) -> dict[str, Any]:
    """Return what boto3 can do with each profile in each folder."""
    arguments = (person.project.bucket, json.dumps(names), json.dumps([*BORROWERS, "bob"]), '"x"')
    ended = person.run("python", "-c", _TRY_ALL, *arguments)
    assert ended.code == 0, ended.output
    answers: dict[str, Any] = json.loads(ended.out)
    return answers


def test_each_user_reaches_the_folders_of_its_grants_and_nothing_else(borrower: Person, tmp_path: Path) -> None:
    """All pairs of five users and five grants, with boto3 and with the AWS CLI."""
    write_sources(borrower)
    pairs = write_pairs(borrower)
    answers = try_all(borrower, list(pairs))
    for name, (user, id_) in pairs.items():
        inside, outside = "yes", "AccessDenied PutObject"
        if user not in BORROWERS[id_]:
            inside = outside = "AccessDenied AssumeRole"
        assert answers[name] == {folder: inside if folder == id_ else outside for folder in (*BORROWERS, "bob")}
    assert answers_of_the_aws_cli(borrower, tmp_path, pairs) == {
        name: {id_: answers[name][id_], "bob": answers[name]["bob"]} for name, (_, id_) in pairs.items()
    }


def answers_of_the_aws_cli(person: Person, folder: Path, pairs: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """Return what the AWS CLI can do with each profile in the grant's folder, and in another one."""
    (folder / "x").write_text("x", encoding="utf-8")

    def answer(call: tuple[str, str]) -> str:
        name, prefix = call
        # Each user has a home folder: the CLI's cache of sessions doesn't tell source profiles apart.
        home = folder / pairs[name][0]
        home.mkdir(exist_ok=True)
        env = {"HOME": str(home), "AWS_CONFIG_FILE": str(person.config)}
        put = ("put-object", "--bucket", person.project.bucket, "--key", f"{prefix}/x", "--body", str(folder / "x"))
        ended = person.run("aws", "s3api", *put, "--profile", name, env=env)
        if ended.code == 0:
            return "yes"
        match = re.search(r"\((\w+)\) when calling the (\w+) operation", ended.err)
        return " ".join(match.groups()) if match else ended.err

    calls = [(name, prefix) for name, (_, id_) in pairs.items() for prefix in (id_, "bob")]
    with ThreadPoolExecutor(4) as pool:
        results = dict(zip(calls, pool.map(answer, calls), strict=True))
    return {name: {id_: results[name, id_], "bob": results[name, "bob"]} for name, (_, id_) in pairs.items()}


def test_the_aws_cli_needs_no_program_of_ours(borrower: Person, tmp_path: Any) -> None:
    """It assumes the role by itself: inside the folder it works, outside it's refused, and so is another's role."""
    write_sources(borrower)
    ended = borrower.temp_access("profile", "reports", "--source-profile", "ann", "--yes")
    assert ended.code == 0, ended.output
    settings = settings_of(borrower, "reports")
    assert settings["role_arn"].endswith(f":role/temp-access/{grant_role_name('temp-role', 'reports')}")
    assert "credential_process" not in settings
    # Without the virtual environment's programs, there is no temp-access to run.
    bucket = borrower.project.bucket
    (tmp_path / "file").write_text("hello")
    source = str(tmp_path / "file")
    inside = borrower.run("aws", "s3", "cp", source, f"s3://{bucket}/reports/hello", "--profile", "reports")
    assert inside.code == 0, inside.output
    identity = borrower.run("aws", "sts", "get-caller-identity", "--profile", "reports")
    assert json.loads(identity.out)["Arn"].endswith("/reports,ann"), identity.output
    outside = (
        ("s3", "cp", source, f"s3://{bucket}/reports2/hello"),
        ("s3", "ls", f"s3://{bucket}/"),
        ("s3", "ls", f"s3://{bucket}/bob/"),
    )
    for words in outside:
        refused = borrower.run("aws", *words, "--profile", "reports")
        assert refused.code != 0
        assert "AccessDenied" in refused.err


def test_the_aws_cli_assumes_no_other_role(borrower: Person) -> None:
    """Neither with a borrower's profile, nor by hand: not temp-role, and not the role of another grant."""
    write_sources(borrower)
    assert borrower.temp_access("profile", "reports", "--name", "eves", "--source-profile", "eve", "--yes").code == 0
    refused = borrower.run("aws", "sts", "get-caller-identity", "--profile", "eves")
    assert refused.code != 0
    assert "AccessDenied" in refused.err
    env = {name: borrower.keys[name] for name in ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE")}
    for role in ("temp-role", grant_role_name("temp-role", "inbox"), grant_role_name("temp-role", "build")):
        arn = f"arn:aws:iam::123456789012:role/temp-access/{role}"
        options = ("--role-arn", arn, "--role-session-name", "ann-tries", "--profile", "ann")
        refused = borrower.run("aws", "sts", "assume-role", *options, env=env)
        assert refused.code != 0
        assert "AccessDenied" in refused.err


def test_a_profile_of_somebody_else_is_refused_by_asking_sts(borrower: Person) -> None:
    """With several borrowers, STS says who the source profile is."""
    write_sources(borrower)
    local = {k: v for k, v in borrower.keys.items() if k in ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE")}
    words = ("temp-access", "profile", "reports2", "--yes", "--name", "r2")
    ended = borrower.run(*words, "--source-profile", "eve", env=local)
    assert ended.code == 2
    assert "user/eve, no borrower of 'reports2'" in ended.err
    assert "user/ben, user/ann" in ended.err
    ended = borrower.run(*words, "--source-profile", "ben", env=local)
    assert ended.code == 0, ended.output
    assert settings_of(borrower, "r2")["role_session_name"] == "reports2,ben"


def test_without_a_source_profile_the_local_aws_uses_the_borrowers_key(borrower: Person) -> None:
    """The profile runs temp-access, and says why."""
    ended = borrower.temp_access("profile", "inbox", "--yes")
    assert ended.code == 0, ended.output
    assert "which has the borrower's key for the local AWS" in ended.err
    identity = borrower.run("aws", "sts", "get-caller-identity", "--profile", "inbox")
    assert json.loads(identity.out)["Arn"].endswith("/inbox,dan"), identity.output

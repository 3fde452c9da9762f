"""Grants with borrowers on the local AWS: their own roles are found and assumed, without a session policy."""

import json
from collections import Counter

import pytest

from tests.integration.borrow.held import USERS
from tests.integration.borrow.person import Calls, Person

pytestmark = pytest.mark.integration
_TRY = """
import boto3, sys
from botocore.exceptions import ClientError
s3 = boto3.Session().client("s3")
for key in sys.argv[2:]:
    try:
        s3.put_object(Bucket=sys.argv[1], Key=key, Body=b"x")
        print("yes", end=" ")
    except ClientError as error:
        print(error.response["Error"]["Code"], end=" ")
"""


def tried(person: Person, id_: str, *keys: str, options: tuple[str, ...] = ()) -> str:
    """Return what uploading each key does, with the grant's credentials."""
    python = ("--", "python", "-c", _TRY, person.project.bucket, *keys)
    ended = person.temp_access("exec", id_, *options, *python)
    assert ended.code == 0, ended.output
    return ended.out.strip()


def test_a_borrower_gets_the_grants_own_role(borrower: Person) -> None:
    """Its session names the user and has no path, and it reaches its folder only."""
    ended = borrower.temp_access("exec", "reports", "--", "aws", "sts", "get-caller-identity")
    assert json.loads(ended.out)["Arn"].endswith(":assumed-role/temp-role-reports/reports,ann"), ended.output
    assert tried(borrower, "reports", "reports/x", "reports2/x", "bob/x", "x") == (
        "yes AccessDenied AccessDenied AccessDenied"
    )


def test_no_session_policy_is_sent_unless_narrowed(borrower: Person) -> None:
    """--access and --within send one; each has a session of its own in the cache."""
    log = borrower.toml.parent / "audit.jsonl"
    borrower.toml.write_text(borrower.toml.read_text() + '[audit]\nfile = "audit.jsonl"\n')
    calls = Calls(borrower)
    for options in (
        (),
        ("--access", "read"),
        ("--within", "2026/q1"),
        ("--within", "2026/q2"),
        ("--within", "2026/q1"),
    ):
        assert borrower.temp_access("credentials", "reports", *options).code == 0
    assert calls["sts:AssumeRole"] == 4
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["policy_sha256"] is None for line in lines] == [True, False, False, False]
    assert [line.get("within") for line in lines] == [None, None, "2026/q1", "2026/q2"]
    assert {line["role"] for line in lines} == {"arn:aws:iam::123456789012:role/temp-access/temp-role-reports"}
    assert len({line["policy_sha256"] for line in lines}) == 4
    log.unlink()


def test_a_changed_grant_leaves_no_older_session_in_the_cache(borrower: Person) -> None:
    """As for grants without borrowers: the next session that is borrowed deletes those of the file's older version."""
    assert borrower.temp_access("credentials", "reports").code == 0
    text = borrower.toml.read_text()
    changed = text.replace("borrowers = ['user/ann']", "borrowers = ['user/ann', 'user/eve']", 1)
    assert changed != text
    borrower.toml.write_text(changed)
    before = {path.name for path in (borrower.cache / "sessions").iterdir() if path.suffix == ".json"}
    assert borrower.temp_access("credentials", "reports").code == 0
    after = {path.name for path in (borrower.cache / "sessions").iterdir() if path.suffix == ".json"}
    assert before
    assert after
    assert not before & after


@pytest.mark.parametrize("id_", ["reports", "bob"])
def test_within_narrows_to_the_subfolder(borrower: Person, id_: str) -> None:
    """For both kinds of grants: nothing beside it, above it, or in a folder whose name begins with its own."""
    keys = (f"{id_}/2026/x", f"{id_}/2026", f"{id_}/20267/x", f"{id_}/x", "x")
    answers = tried(borrower, id_, *keys, options=("--within", "2026"))
    assert answers == "yes AccessDenied AccessDenied AccessDenied AccessDenied"


@pytest.mark.parametrize("within", ["/a", "a/", "..", "a/../b", "", "a//b", "x" * 600])
def test_refuses_what_isnt_a_subfolder(borrower: Person, within: str) -> None:
    """Before any call."""
    calls = Calls(borrower)
    ended = borrower.temp_access("credentials", "reports", f"--within={within}")
    assert ended.code == 2, ended.output
    assert "can't be used" in ended.err
    assert calls["sts:AssumeRole"] == 0


def test_temp_user_is_no_borrower(borrower: Person) -> None:
    """It's refused, and the remedy names the borrowers."""
    ended = borrower.run("temp-access", "credentials", "reports2", env=borrower.keys)
    assert ended.code == 1, ended.output
    assert "user/temp-user is no borrower of 'reports2'" in ended.err
    assert "user/ben, user/ann" in ended.err


def test_a_borrower_cant_borrow_through_temp_role(borrower: Person) -> None:
    """ann isn't trusted by the one role, and gets no other grant."""
    for id_ in ("bob", "inbox"):
        ended = borrower.run("temp-access", "credentials", id_, env=borrower.keys_of("ann"))
        assert ended.code in (1, 2), ended.output
        assert "user/ann can't find the role temp-role" in ended.err or "is no borrower of 'inbox'" in ended.err


def test_who_may_not_read_the_role_borrows_by_its_name(borrower: Person) -> None:
    """As people of IAM Identity Center: without iam:GetRole, name, path and account tell the role."""
    deny = {"Statement": {"Effect": "Deny", "Action": ["iam:GetRole", "cloudformation:*"], "Resource": "*"}}
    iam = borrower.project.iam
    iam.put_user_policy(
        UserName="eve", PolicyName="blind", PolicyDocument=json.dumps({"Version": "2012-10-17", **deny})
    )
    try:
        ended = borrower.run("temp-access", "credentials", "archive", env=borrower.keys_of("eve"))
        assert ended.code == 0, ended.output
        narrowed = borrower.run("temp-access", "credentials", "archive", "--within", "a", env=borrower.keys_of("eve"))
        assert narrowed.code == 2
        assert "pass --bucket" in narrowed.err
        named = ("--within", "a", "--bucket", borrower.project.bucket)
        assert borrower.run("temp-access", "credentials", "archive", *named, env=borrower.keys_of("eve")).code == 0
    finally:
        iam.delete_user_policy(UserName="eve", PolicyName="blind")


def test_duration_is_the_grants(borrower: Person) -> None:
    """Twelve hours as the role has it; a longer one is refused before any call."""
    document = borrower.borrow("inbox")
    assert document["Expiration"]
    ended = borrower.temp_access("credentials", "inbox", "--duration", "13h")
    assert ended.code == 2
    assert "is too long" in ended.err


def test_a_changed_grant_is_noted(borrower: Person) -> None:
    """The deployed role's trust policy differs from the file's."""
    borrower.toml.write_text(borrower.toml.read_text().replace("'user/dan'", "'user/dan', 'user/eve'"))
    ended = borrower.temp_access("credentials", "inbox")
    assert ended.code == 0, ended.output
    assert "the grant 'inbox' of access.toml isn't the deployed one: the trust policy differs" in ended.err


def test_status_tries_the_roles_of_the_borrower(borrower: Person) -> None:
    """ann's two roles, and none of the others."""
    ended = borrower.run("temp-access", "status", env=borrower.keys_of("ann"))
    assert ended.code == 0, ended.output
    assert "borrower of: reports, reports2" in ended.out
    assert ended.out.count("can be assumed") == 2


def test_console_opens_at_the_subfolder(borrower: Person) -> None:
    """The page is that of FOLDER/SUBFOLDER/."""
    ended = borrower.temp_access("console", "reports", "--within", "2026/q1")
    assert ended.code == 0, ended.output
    assert "prefix%3Dreports%252F2026%252Fq1%252F" in ended.out, ended.out


def test_the_api_borrows_as_the_user_does(borrower: Person) -> None:
    """session() and credentials(), with and without within."""
    code = """
import temp_access
from botocore.exceptions import ClientError
s3 = temp_access.session("reports", within="2026").client("s3")
import sys, json
s3.put_object(Bucket=sys.argv[1], Key="reports/2026/x", Body=b"x") if len(sys.argv) > 1 else None
print(temp_access.session("reports").client("sts").get_caller_identity()["Arn"])
print(temp_access.credentials("reports", access="read"))
try:
    temp_access.credentials("inbox")
except temp_access.NotTrusted as error:
    print(error.cause)
"""
    ended = borrower.python(code, env=borrower.keys_of("ann"))
    assert "assumed-role/temp-role-reports/reports,ann" in ended.out, ended.output
    assert "is no borrower of 'inbox'" in ended.out


def test_every_user_has_a_key_of_their_own(borrower: Person) -> None:
    """The premise of the others."""
    assert Counter(borrower.keys_of(name)["AWS_ACCESS_KEY_ID"] for name in USERS).most_common(1)[0][1] == 1

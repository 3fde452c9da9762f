"""Every lint rule with a template that passes and one that fails."""

from typing import Any

import pytest

from temp_access.lint.rules import RESOURCE_RULES, RULES
from tests.unit.support.linting import attached, bucket, identity, lint, rules, trust, under

BUCKET = "arn:aws:s3:::b"
LIST = {"Action": "s3:ListBucket", "Resource": BUCKET}
READ = {"Action": "s3:GetObject", "Resource": f"{BUCKET}/bob/*"}
ASSUME = {"Action": "sts:AssumeRole"}
ACCOUNT = ASSUME | {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
ROLE = "arn:aws:iam::111122223333:role/r"
SESSION = "arn:aws:sts::111122223333:assumed-role/r/bob"
EVERYONE = READ | {"Principal": "*"}
BOB = under("StringLike", "s3:prefix", "bob/*")
GITHUB = "token.actions.githubusercontent.com"
TOKEN = {
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{GITHUB}"},
}
MAIN = {f"{GITHUB}:sub": "repo:octo-org/octo-repo:ref:refs/heads/main"}
AUDIENCE = {f"{GITHUB}:aud": "sts.amazonaws.com"}
TAGGED = {"Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": {"AWS": "*"}}
ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
ATTACH = {"Action": "iam:AttachUserPolicy", "Resource": "*"}
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "AccountTrust": (trust(ACCOUNT | under("StringEquals", "sts:ExternalId", "x")), trust(ACCOUNT)),
    "Everyone": (
        bucket(EVERYONE | under("StringEquals", "aws:PrincipalOrgID", "o-1")),
        bucket(EVERYONE | under("Bool", "aws:SecureTransport", "true")),
    ),
    "ListWithoutPrefix": (identity(LIST | BOB), identity(LIST)),
    "MisspeltVariable": (
        identity(READ | {"Resource": f"{BUCKET}/${{aws:username}}/*"}),
        identity(READ | {"Resource": f"{BUCKET}/${{aws:usernme}}/*"}),
    ),
    "PrefixOnOtherAction": (
        identity(LIST | BOB, {"Action": "s3:GetBucketLocation", "Resource": BUCKET}),
        identity(LIST | BOB | {"Action": ["s3:ListBucket", "s3:GetBucketLocation"]}),
    ),
    "PrefixWithoutSlash": (identity(READ), identity(READ | {"Resource": f"{BUCKET}/bob*"})),
    "SelfEscalation": (
        identity(ATTACH | {"Resource": "arn:aws:iam::111122223333:user/u"}),
        identity(ATTACH),
    ),
    "ServiceSource": (
        trust(ASSUME | {"Principal": {"Service": "ec2.amazonaws.com"}}),
        trust(ASSUME | {"Principal": {"Service": "ecs-tasks.amazonaws.com"}}),
    ),
    "SessionPrincipal": (
        bucket(READ | {"Principal": {"AWS": ROLE}}),
        bucket(READ | {"Principal": {"AWS": [ROLE, SESSION]}}),
    ),
    "SessionTags": (
        trust(TAGGED | {"Condition": ORGANIZATION | {"ForAllValues:StringEquals": {"aws:TagKeys": "team"}}}),
        trust(TAGGED | {"Condition": ORGANIZATION}),
    ),
    "StringEqualsWildcard": (
        identity(LIST | BOB),
        identity(LIST | under("StringEquals", "s3:prefix", "bob/*")),
    ),
    "TokenAudience": (
        trust(TOKEN | {"Condition": {"StringEquals": MAIN | AUDIENCE}}),
        trust(TOKEN | {"Condition": {"StringEquals": MAIN}}),
    ),
    "TokenSubject": (
        trust(TOKEN | {"Condition": {"StringEquals": MAIN | AUDIENCE}}),
        trust(TOKEN | {"Condition": {"StringEquals": AUDIENCE}}),
    ),
    "VariableVersion": (
        identity(READ, version=None),
        identity(READ | {"Resource": {"Fn::Sub": BUCKET + "/${!aws:username}/*"}}, version=None),
    ),
    "EscalatingPolicy": (attached("AmazonS3ReadOnlyAccess"), attached("IAMFullAccess")),
}


def test_every_rule_has_a_passing_and_a_failing_template() -> None:
    """A new rule needs both."""
    assert list(PAIRS) == [*RULES, *RESOURCE_RULES]


@pytest.mark.parametrize("rule", PAIRS)
def test_a_passing_template_has_no_finding(rule: str) -> None:
    """A template that passes one rule passes all of them, and the grammar."""
    assert rules(PAIRS[rule][0]) == []


@pytest.mark.parametrize("rule", PAIRS)
def test_a_failing_template_has_one_finding(rule: str) -> None:
    """A template that breaks a rule breaks no other."""
    assert rules(PAIRS[rule][1]) == [rule]


@pytest.mark.parametrize("rule", PAIRS)
def test_a_finding_has_its_location(rule: str) -> None:
    """It has the construct, the logical id and the path of the property."""
    [finding] = lint(PAIRS[rule][1])
    assert (finding.template, finding.construct_path, finding.logical_id) == ("S", "S/R", "R")
    assert finding.place.startswith("Properties.")


@pytest.mark.parametrize("condition", ["aws:PrincipalArn", "aws:SourceVpce", "aws:SourceIp"])
def test_a_condition_without_a_required_key_doesnt_count(condition: str) -> None:
    """With IfExists, Null or a negated operator, a request without the key is allowed."""
    for operator in ("StringEqualsIfExists", "StringNotEquals"):
        assert "Everyone" in rules(bucket(EVERYONE | under(operator, condition, "x")))
        assert "AccountTrust" in rules(trust(ACCOUNT | under(operator, condition, "x")))


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringLike", "aws:PrincipalArn", "*"),
        ("ArnLike", "aws:PrincipalArn", "*"),
        ("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
        ("StringLike", "sts:ExternalId", "*"),
    ],
)
def test_a_condition_that_everybody_meets_doesnt_count(operator: str, key: str, value: str) -> None:
    """A wildcard for everything only requires the key."""
    assert "Everyone" in rules(bucket(EVERYONE | under(operator, key, value)))
    assert "AccountTrust" in rules(trust(ACCOUNT | under(operator, key, value)))


def test_finds_an_account_by_its_number_or_a_reference() -> None:
    """The CDK leaves account and partition open."""
    join = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":root"]]}
    for principal in ("111122223333", join, {"Ref": "AWS::AccountId"}):
        assert rules(trust(ASSUME | {"Principal": {"AWS": principal}})) == ["AccountTrust"]


def test_accepts_a_denied_session() -> None:
    """A Deny can name a session to exclude it alone."""
    assert rules(bucket(READ | {"Effect": "Deny", "Principal": {"AWS": SESSION}})) == []

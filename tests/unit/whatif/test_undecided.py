"""Answers of `temp-access can` that depend on what isn't known, and those that AWS's own rules decide."""

import json
from typing import Any

import pytest

from tests.unit.support.what_if import Ask

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE_ID = "AROADBQP57FF2AEXAMPLE"
TOML = """\
[user]
[[user.inline]]
name = "keys-and-roles"
document = { Version = "2012-10-17", Statement = [
  { Effect = "Allow", Action = "kms:*", Resource = "*" },
  { Effect = "Allow", Action = "sts:AssumeRole", Resource = "arn:aws:iam::*:role/temp-*" },
] }
reason = "a test"

[role]
[[role.trusted]]
principal = "role/build"
[[role.trusted]]
principal = "user/deploy"

[grants.bob]
access = "read-write"
"""


# Each statement denies; the exit code of `can bob s3:GetObject bob/x`, and what the answer must say.
DENIES: list[tuple[str, dict[str, Any], int, str]] = [
    (
        "not-an-aws-service",
        {
            "NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"},
            "Bool": {"aws:PrincipalIsAWSService": "false"},
        },
        1,
        "denies it",
    ),
    (
        "not-via-a-service",
        {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "Bool": {"aws:ViaAWSService": "false"}},
        1,
        "aws:ViaAWSService=false (assumed)",
    ),
    ("via-a-service", {"Bool": {"aws:ViaAWSService": "true"}}, 0, "allowed"),
    ("no-mfa", {"Bool": {"aws:MultiFactorAuthPresent": "false"}}, 1, "aws:MultiFactorAuthPresent=false (assumed)"),
    ("mfa", {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, 0, "allowed"),
    ("mfa-age", {"Null": {"aws:MultiFactorAuthAge": "true"}}, 1, "denies it"),
    (
        "user-ids",
        {"StringNotLike": {"aws:userId": [f"{ROLE_ID}:*", ACCOUNT]}},
        3,
        "aws:userId, which every such call has, but its value isn't known here; pass --context aws:userId=VALUE",
    ),
    ("some-user-id", {"Null": {"aws:userid": "false"}}, 1, "denies it"),
    ("no-user-id", {"Null": {"aws:userid": "true"}}, 0, "allowed"),
    ("principal-type", {"StringNotEquals": {"aws:PrincipalType": "AssumedRole"}}, 0, "allowed"),
    ("service-name", {"Null": {"aws:PrincipalServiceName": "true"}}, 1, "denies it"),
    ("own-account", {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}, 0, "allowed"),
    ("own-bucket", {"StringNotEquals": {"s3:ResourceAccount": ACCOUNT}}, 0, "allowed"),
    ("organization", {"StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}, 3, "aws:PrincipalOrgID, which"),
    ("user-agent", {"StringLike": {"aws:UserAgent": "curl*"}}, 3, "it depends on aws:UserAgent"),
    ("object-tag", {"StringEquals": {"s3:ExistingObjectTag/class": "secret"}}, 3, "s3:ExistingObjectTag/class"),
    ("caller-tag", {"StringNotEquals": {"aws:PrincipalTag/team": "red"}}, 3, "aws:PrincipalTag/team, which isn't"),
    ("vpc-endpoint", {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, 1, "aws:SourceIp=192.0.2.1 (assumed)"),
    ("before", {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, 0, "allowed"),
    ("old-session", {"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}, 0, "allowed"),
    ("old-tls", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}, 0, "s3:TlsVersion=1.2 (assumed)"),
    ("old-tls-if-any", {"NumericLessThanIfExists": {"s3:TlsVersion": "1.2"}}, 0, "s3:TlsVersion=1.2 (assumed)"),
    ("odd-operator", {"StringResembles": {"aws:username": "x"}}, 3, "which can't be understood"),
]


@pytest.mark.parametrize(("condition", "code", "message"), [pytest.param(*row[1:], id=row[0]) for row in DENIES])
def test_a_deny_of_the_bucket_policy(ask: Ask, condition: dict[str, Any], code: int, message: str) -> None:
    """It hits where AWS would, and the answer is undecided only where nobody can know.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-ip.html and engine case 06,
    report 26: https://repost.aws/knowledge-center/explicit-deny-principal-elements-s3
    """
    exit_code, output = ask("can", "bob", "s3:GetObject", "bob/x", statement={"Condition": condition})

    assert exit_code == code, output
    assert message in output


def test_the_answer_is_decided_with_the_key(ask: Ask) -> None:
    """As the undecided answer says: with the role's id on the command line."""
    statement = {"Condition": {"StringNotLike": {"aws:userId": [f"{ROLE_ID}:*", ACCOUNT]}}}
    question = ("can", "bob", "s3:GetObject", "bob/x", "--context")

    assert ask(*question, f"aws:userid={ROLE_ID}:bob", statement=statement)[0] == 0
    assert ask(*question, "aws:userid=AROAANOTHERANOTHER123:bob", statement=statement)[0] == 1


def test_an_undecided_answer_as_json(ask: Ask) -> None:
    statement = {"Sid": "ids", "Condition": {"StringNotLike": {"aws:userId": f"{ROLE_ID}:*"}}}

    code, output = ask("can", "bob", "s3:GetObject", "bob/x", "--json", statement=statement)
    answer = json.loads(output)

    assert (code, answer["answer"], answer["decision"], answer["depends_on"]) == (3, "undecided", None, ["aws:userId"])
    [layer] = [each for each in answer["layers"] if each["layer"] == "resource-based policy"]
    [undecided] = layer["undecided"]
    assert (undecided["sid"], undecided["effect"], undecided["depends_on"]) == ("ids", "Deny", "aws:userId")


def test_a_statement_that_may_apply_is_shown(ask: Ask) -> None:
    statement = {"Sid": "ids", "Condition": {"StringNotLike": {"aws:userId": f"{ROLE_ID}:*"}}}

    _, output = ask("can", "bob", "s3:GetObject", "bob/x", statement=statement)

    assert "resource-based policy    may deny it: Statement[1] (ids) of Folders" in output


@pytest.mark.parametrize(
    ("question", "code", "message"),
    [
        (f"user kms:Decrypt {KEY}", 3, f"it depends on the key policy of {KEY}, which can't be read here"),
        ("user kms:ListKeys *", 0, "allowed"),
        (f"bob kms:Decrypt {KEY}", 1, "session policy           doesn't allow it"),
        (f"user sts:AssumeRole arn:aws:iam::{ACCOUNT}:role/temp-x", 3, "the trust policy of"),
        ("user sts:AssumeRole role/temp-x", 3, f"the trust policy of arn:aws:iam::{ACCOUNT}:role/temp-x"),
        ("user sts:AssumeRole role", 0, "role trust policy"),
        ("user sts:GetCallerIdentity *", 0, "no policy can deny it"),
        ("bob sts:GetCallerIdentity *", 0, "no policy can deny it"),
        ("user sts:GetSessionToken *", 0, "isn't authorized by policies"),
        ("bob sts:GetSessionToken *", 1, "temporary credentials can't call"),
        (f"{ROOT} sts:AssumeRole role", 1, "STS doesn't let the root user assume a role"),
        ("arn:aws:iam::444455556666:root sts:AssumeRole role", 1, "STS doesn't let the root user assume a role"),
        (f"{ROOT} s3:GetObject bob/x", 0, "for the root user of account"),
        (f"{ROOT} s3:GetObject bob/x --context aws:SecureTransport=false", 1, "denies it"),
        (
            "role/build sts:AssumeRole role",
            3,
            f"allows it, but the identity-based policies of arn:aws:iam::{ACCOUNT}:role/build may deny it",
        ),
        ("user/deploy sts:AssumeRole role", 3, f"for arn:aws:iam::{ACCOUNT}:user/deploy"),
        ("role/build sts:GetCallerIdentity *", 0, "no policy can deny it"),
        ("user/deploy s3:GetObject bob/x --context aws:SecureTransport=false", 1, "denies it"),
        ("user/other sts:AssumeRole role", 1, "but the caller is"),
        ("user/temp-user sts:AssumeRole role", 0, "for temp-user"),
        ("role/temp-role s3:GetObject bob/x", 0, "for temp-role, without a session policy"),
    ],
)
def test_services_and_spellings(ask: Ask, question: str, code: int, message: str) -> None:
    """Rules of services decide; a key's or a role's own policy must be known; WHO is written as in access.toml."""
    exit_code, output = ask("can", *question.split())

    assert exit_code == code, output
    assert message in output


@pytest.mark.parametrize(
    ("named", "code"),
    [
        (f"{ROLE_ID}:i-0123456789abcdef0", 1),
        (ROLE_ID, 3),
        ("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E127EXAMPLE51Z", 1),
        ({"CanonicalUser": "0123456789abcdef" * 4}, 1),
        ("arn:aws:iam::111122223333:role/*", 3),
    ],
)
def test_principals_that_aws_writes_back(ask: Ask, named: str | dict[str, str], code: int) -> None:
    """The bucket policy is read, whoever is named in it; only who may be the caller makes the answer undecided.

    https://github.com/cloud-custodian/cloud-custodian/issues/6255
    """
    statement = {"Effect": "Allow", "Principal": {"AWS": named} if isinstance(named, str) else named}
    exit_code, output = ask("can", "role", "s3:GetBucketPolicy", "bucket", statement=statement)

    assert exit_code == code, output


@pytest.mark.parametrize(
    ("condition", "passed"),
    [
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, True),
        ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, False),
        ({"Bool": {"aws:ViaAWSService": "false"}}, False),
        ({"StringNotLike": {"aws:userid": f"{ROLE_ID}:*"}}, False),
    ],
)
def test_the_offline_probes_see_a_deny_of_everybody(ask: Ask, condition: dict[str, Any], passed: bool) -> None:
    """A bucket policy that locks everybody out, or may, doesn't pass (engine case 06)."""
    code, output = ask("verify", "--offline", statement={"Condition": condition})

    assert (code == 0) is passed, output
    assert (" failed" in output) or passed or "inconclusive" in output

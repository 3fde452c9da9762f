"""Every lint rule with a template that passes and one that fails."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.lint.findings import findings
from temp_access.lint.rules import RULES
from temp_access.verify.state.assembly import Assembly

BUCKET = "arn:aws:s3:::b"
ACCOUNT = {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}
LIST = {"Action": "s3:ListBucket", "Resource": BUCKET}
READ = {"Action": "s3:GetObject"}


def under(operator: str, key: str, value: str) -> dict[str, Any]:
    """Return a Condition of one value."""
    return {"Condition": {operator: {key: value}}}


PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "AccountTrust": (ACCOUNT | under("StringEquals", "sts:ExternalId", "x"), ACCOUNT),
    "Everyone": (READ | {"Principal": "*"} | under("Bool", "aws:SecureTransport", "true"), READ | {"Principal": "*"}),
    "LocationUnderPrefix": (
        {"Action": "s3:GetBucketLocation"},
        {"Action": ["s3:ListBucket", "s3:GetBucketLocation"]} | under("StringLike", "s3:prefix", "bob/*"),
    ),
    "PrefixWithoutSlash": (READ | {"Resource": f"{BUCKET}/bob/*"}, READ | {"Resource": f"{BUCKET}/bob*"}),
    "SessionPrincipal": (
        READ | {"Principal": {"AWS": "arn:aws:iam::111122223333:role/r"}},
        READ | {"Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/r/bob"}},
    ),
    "StringEqualsWildcard": (
        LIST | under("StringLike", "s3:prefix", "bob/*"),
        LIST | under("StringEquals", "s3:prefix", "bob/*"),
    ),
    "VariableVersion": (
        READ | {"Resource": f"{BUCKET}/x/*"},
        READ | {"Resource": {"Fn::Sub": BUCKET + "/${!aws:username}/*"}, "Version": None},
    ),
}


def lint(body: dict[str, Any]) -> list[str]:
    """Return the ids of the rules that a role with this statement breaks."""
    document = {"Version": body.get("Version", "2012-10-17"), "Statement": {"Effect": "Allow"} | body}
    name = "AssumeRolePolicyDocument" if body["Action"] == "sts:AssumeRole" else "PolicyDocument"
    template = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {name: document}}}}
    return [finding.rule for finding in findings(Assembly(Path("cdk.out"), {"S": template}))]


def test_every_rule_has_a_pair() -> None:
    """No rule goes without a passing and a failing template."""
    assert list(PAIRS) == list(RULES)


@pytest.mark.parametrize("rule", PAIRS)
def test_a_passing_template_has_no_finding(rule: str) -> None:
    """What is right by a rule is right by all of them."""
    assert lint(PAIRS[rule][0]) == []


@pytest.mark.parametrize("rule", PAIRS)
def test_a_failing_template_has_one_finding(rule: str) -> None:
    """What breaks a rule is found by that rule alone."""
    assert lint(PAIRS[rule][1]) == [rule]


@pytest.mark.parametrize("prefix", ["bob", "bob*"])
def test_a_prefix_condition_needs_a_slash(prefix: str) -> None:
    """Neither a bare id nor one with a star is a folder."""
    assert lint(LIST | under("StringLike", "s3:prefix", prefix)) == ["PrefixWithoutSlash"]


def test_references_keep_the_parts_of_an_arn() -> None:
    """The partition, account and bucket that CDK leaves open don't hide a fault."""
    principal = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":root"]]}
    assert lint(ACCOUNT | {"Principal": {"AWS": principal}}) == ["AccountTrust"]
    key = {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/bob*"]]}
    assert lint(READ | {"Resource": key}) == ["PrefixWithoutSlash"]

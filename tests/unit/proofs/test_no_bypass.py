"""Policies that bypass a session policy are refuted; policies that only look like it stay proved."""

from dataclasses import replace
from typing import Any

import pytest

from temp_access.proofs import ClaimStatus
from tests.unit.support.proving import add_statement, change_templates, decide_claims, prove_example, unproved_claims

BUCKET = "no bypass: the bucket policy gives no session more than its session policy allows"
ROLE = "no bypass: no session can assume the role again"
ISOLATION = "isolation: a read session reaches nothing outside its folder"
SESSION_ARN = {"Fn::Sub": "arn:aws:sts::${AWS::AccountId}:assumed-role/temp-role/bob"}
ROLE_ARN = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/temp-role"}
OWN_ACCOUNT = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}
OBJECTS = {"Action": "s3:GetObject", "Resource": {"Fn::Sub": "arn:aws:s3:::the-bucket-of-the-folders/*"}}


def allow(principal: Any, **more: Any) -> dict[str, Any]:
    """Return a bucket policy's Allow on all objects."""
    return {"Effect": "Allow", "Principal": principal, **OBJECTS, **more}


@pytest.mark.parametrize(
    "statement",
    [
        allow({"AWS": SESSION_ARN}),
        allow("*", Condition={"ArnEquals": {"aws:PrincipalArn": ROLE_ARN}}),
        allow({"AWS": "*"}, Condition={"StringLike": {"aws:userid": "*:bob"}}),
        allow("*", Condition={"Null": {"aws:PrincipalArn": "false"}}),
        allow("*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        allow("*"),
    ],
)
def test_a_bucket_policy_that_names_sessions_is_a_bypass(statement: dict[str, Any]) -> None:
    """It names the session's ARN, or everyone under a condition that a session fulfills."""
    claims = decide_claims(BUCKET, ISOLATION, assembly=change_templates(bucket=add_statement(statement)))

    assert [claim.status for claim in claims.values()] == [ClaimStatus.REFUTED] * 2
    witness = claims[BUCKET].witness
    assert witness
    assert "resource-based policy" in witness.explanation


@pytest.mark.parametrize(
    "statement",
    [
        allow({"AWS": ROLE_ARN}),
        allow({"AWS": OWN_ACCOUNT}),
        allow({"AWS": "arn:aws:iam::999988887777:root"}),
        allow("*", Condition={"StringEquals": {"aws:PrincipalAccount": "999988887777"}}),
    ],
)
def test_a_bucket_policy_that_names_no_session_is_no_bypass(statement: dict[str, Any]) -> None:
    """With the role's ARN or an account as principal, session policies still apply."""
    assembly = replace(change_templates(bucket=add_statement(statement)), account="111122223333")

    assert unproved_claims(decide_claims(BUCKET, ROLE, ISOLATION, assembly=assembly)) == {}


@pytest.mark.parametrize(
    "statement",
    [
        allow("*", Condition={"StringEquals": {"aws:PrincipalAccount": "999988887777"}}),
        allow({"AWS": "arn:aws:sts::999988887777:assumed-role/temp-role/bob"}),
    ],
)
def test_templates_for_any_account_may_be_deployed_in_one_that_they_name(statement: dict[str, Any]) -> None:
    """The account in the policy may be the account of the deployment."""
    claim = decide_claims(BUCKET, assembly=change_templates(bucket=add_statement(statement)))[BUCKET]

    assert (claim.status, "999988887777" in claim.note) == (ClaimStatus.REFUTED, True)


@pytest.mark.parametrize("principal", [{"AWS": SESSION_ARN}, "*"])
def test_a_trust_policy_that_names_sessions_is_a_bypass(principal: Any) -> None:
    """A session that can assume the role again gets a session without a session policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}

    claim = decide_claims(ROLE, assembly=change_templates(role=add_statement(statement, "AssumeRolePolicyDocument")))[
        ROLE
    ]

    assert claim.status is ClaimStatus.REFUTED
    assert claim.witness
    assert claim.witness.action == "sts:AssumeRole"


def test_a_role_that_trusts_itself_is_no_bypass() -> None:
    """The session policy must still allow it."""
    statement = {"Effect": "Allow", "Principal": {"AWS": ROLE_ARN}, "Action": "sts:AssumeRole"}

    assembly = change_templates(role=add_statement(statement, "AssumeRolePolicyDocument"))

    assert unproved_claims(decide_claims(BUCKET, ROLE, ISOLATION, assembly=assembly)) == {}


@pytest.mark.parametrize(
    "kind",
    ["AWS::S3::AccessPoint", "AWS::IAM::RolePolicy", "AWS::CloudFormation::Stack", "Custom::Any", "An::Own::MODULE"],
)
def test_an_unmodeled_resource_makes_every_claim_unknown(kind: str) -> None:
    """The resource could grant access, and no formula covers it."""
    assembly = change_templates()
    assembly.templates["TempAccess"]["Resources"]["More"] = {"Type": kind, "Properties": {}}

    claims = prove_example(assembly)

    assert {claim.status for claim in claims.values()} == {ClaimStatus.UNKNOWN}
    notes = {claim.note.rpartition("; ")[2] for claim in claims.values()}
    (note,) = {note for note in notes if note.startswith("not modeled: ")}
    assert note.endswith(f"TempAccess.More ({kind})")
    assert all("not modeled: " in claim.note for claim in claims.values())

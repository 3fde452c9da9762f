"""Cases on which an earlier prover was wrong, by the number and name of each; and others of the same kind."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.policies.access_modes import ACCESS_MODES
from temp_access.proofs import Claim, ClaimStatus, prove_session_policy
from temp_access.proofs.custom_policy import read_custom_policy
from tests.unit.support.proving import Change, add_statement, change_templates, decide_claims, example, unproved_claims

CASES = Path(__file__).parents[2] / "data" / "cases" / "engine"
ROLE = "no new access: the role, without a session policy"
OTHERS = "no new access: any other caller"
OBJECTS = {"Fn::Sub": "arn:${AWS::Partition}:s3:::the-bucket-of-the-folders/*"}


def session_claims(case: str, mode: str) -> dict[str, Claim]:
    """Return the claims about the case's session policy by their first word."""
    policy = read_custom_policy(CASES / case / "policy.json")
    return {
        claim.name.partition(":")[0]: claim for claim in prove_session_policy(*example(), policy, ACCESS_MODES[mode])
    }


def new_access(head: Assembly, base: Assembly | None = None) -> dict[str, Claim]:
    """Return the claims about new access that aren't proved."""
    claims = decide_claims("no new", assembly=head, base=base or change_templates())
    return {name: claim for name, claim in claims.items() if claim.status is not ClaimStatus.PROVED}


def trusting(principal: Any, action: str = "sts:AssumeRole") -> Change:
    """Return a change that lets the trust policy allow the principal."""
    return add_statement({"Effect": "Allow", "Principal": principal, "Action": action}, "AssumeRolePolicyDocument")


def own(arn: str) -> dict[str, Any]:
    """Return a principal of the own account."""
    return {"AWS": {"Fn::Sub": arn.replace("ACCOUNT", "${AWS::AccountId}").replace("arn:aws", "arn:${AWS::Partition}")}}


def test_01_the_folder_in_the_default_of_a_variable() -> None:
    """A session without the tag may write into its folder, because the variable has the folder as its default.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-default-values
    """
    claims = session_claims("01-proof-marker-in-default", "read")

    # No escape is undone in a default: the session for b*/ may write into b${*}/.
    assert unproved_claims(claims) == {"isolation": ClaimStatus.REFUTED, "mode": ClaimStatus.REFUTED}
    witness = claims["mode"].witness
    assert witness
    assert (witness.action, witness.folder) == ("s3:PutObject", "bob")


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::ACCOUNT:user/mallory",
        "arn:aws:iam::ACCOUNT:role/other",
        "arn:aws:sts::ACCOUNT:assumed-role/other/session",
        "arn:aws:sts::ACCOUNT:federated-user/mallory",
    ],
)
def test_04_a_principal_of_the_own_account_needs_no_policy_of_its_own(arn: str) -> None:
    """Who may do everything in its account can gain nothing; who may do nothing can.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    """
    reading = add_statement({"Effect": "Allow", "Principal": own(arn), "Action": "s3:GetObject", "Resource": OBJECTS})

    head = change_templates(bucket=reading)
    claims = new_access(head)

    assert {name: claim.status for name, claim in claims.items()} == {OTHERS: ClaimStatus.REFUTED}
    witness = claims[OTHERS].witness
    assert witness
    assert "own policies allow nothing" in witness.description
    assert new_access(head, head) == {}


def test_04_naming_a_session_instead_of_its_role_bypasses_its_session_policy() -> None:
    """A role that is named stays within its session policies; a session that is named doesn't."""
    named = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECTS}
    condition = {"ArnEquals": {"aws:PrincipalArn": own("arn:aws:iam::ACCOUNT:role/other")["AWS"]}}
    session = own("arn:aws:sts::ACCOUNT:assumed-role/other/session")
    base = change_templates(bucket=add_statement({**named, "Principal": own("arn:aws:iam::ACCOUNT:role/other")}))
    head = change_templates(bucket=add_statement({**named, "Principal": session, "Condition": condition}))

    claims = new_access(head, base)

    assert set(claims) == {OTHERS}
    witness = claims[OTHERS].witness
    assert witness
    assert "session policy allows nothing" in witness.description


def test_04_the_own_user_is_no_stranger() -> None:
    """The bucket policy repeats what the role's policy allows its sessions: nothing is new."""
    listing = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::the-bucket-of-the-folders"}

    def also_by_identity(properties: dict[str, Any]) -> None:
        properties["Policies"][0]["PolicyDocument"]["Statement"].append(listing)

    named = {**listing, "Principal": own("arn:aws:iam::ACCOUNT:user/temp-user")}
    base = change_templates(user=also_by_identity)
    head = change_templates(user=also_by_identity, bucket=add_statement(named))

    assert new_access(head, base) == {}


def allowing(**statement: Any) -> Assembly:
    """Return the example with one more statement of the role's policy."""

    def add(properties: dict[str, Any]) -> None:
        document = properties["Policies"][0]["PolicyDocument"]
        document["Statement"].append({"Effect": "Allow", "Action": "sqs:SendMessage", **statement})

    return change_templates(role=add)


REGION = {"Ref": "AWS::Region"}


@pytest.mark.parametrize("named", ["us-east-1", "eu-central-1", "cn-north-1", "eu-*", ["eu-central-1", "us-*"]])
@pytest.mark.parametrize("reverse", [False, True])
def test_05_the_region_of_the_stack_is_none_that_is_named(named: Any, reverse: bool) -> None:
    """Templates for any Region may be deployed in one that they don't name, and in each that they name.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
    """
    one, other = (
        allowing(Resource="*", Condition={"StringLike": {"aws:RequestedRegion": value}}) for value in (named, REGION)
    )
    base, head = (other, one) if reverse else (one, other)

    claims = new_access(head, base)

    assert {name: claim.status for name, claim in claims.items()} == {ROLE: ClaimStatus.REFUTED}
    assert "if the stacks are deployed in" in claims[ROLE].note
    assert new_access(head, head) == {}


def test_05_a_deny_outside_a_region_that_is_named() -> None:
    """Only a deployment in that Region shows the difference."""

    def denying(*regions: Any) -> Assembly:
        condition = {"StringNotEquals": {"aws:RequestedRegion": [*regions]}}
        statement = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": condition}
        assembly = allowing(Resource="*")
        for resource in assembly.templates["TempAccess"]["Resources"].values():
            if resource["Type"] == "AWS::IAM::Role":
                resource["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].append(statement)
        return assembly

    assert new_access(denying(REGION, "eu-west-1"), denying("eu-west-1", REGION)) == {}
    assert set(new_access(denying(REGION, "eu-west-1"), denying("eu-west-1"))) == {ROLE}


@pytest.mark.parametrize("reverse", [False, True])
def test_05_the_partition_of_the_stack_is_none_that_is_named(reverse: bool) -> None:
    """An ARN with `arn:aws:` isn't one with `arn:${AWS::Partition}:` in China."""
    one, other = (
        allowing(Resource={"Fn::Sub": f"arn:{partition}:sqs:*:*:queue"}) for partition in ("aws", "${AWS::Partition}")
    )
    base, head = (other, one) if reverse else (one, other)

    claims = new_access(head, base)

    assert {name: claim.status for name, claim in claims.items()} == {ROLE: ClaimStatus.REFUTED}
    assert "partition aws-cn" in claims[ROLE].note
    assert new_access(head, head) == {}

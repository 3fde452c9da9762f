"""Cases on which an earlier prover was wrong, by the number and name of each; and others of the same kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.iam.service_reference import service_actions
from temp_access.iam.symbolic.real_requests import OBJECT
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
    ("statement", "note"),
    [
        (
            {"Resource": "arn:aws:s3:::test/$id/*", "Condition": {"Null": {"aws:PrincipalTag/$id": "true"}}},
            "the folder in the condition key aws:PrincipalTag/$id isn't modeled",
        ),
        (
            {"Resource": "arn:aws:s3:::test/${aws:PrincipalTag/$id}/*"},
            "bad policy variable in 'arn:aws:s3:::test/${aws:PrincipalTag/$id}/*'",
        ),
    ],
)
def test_01_an_unknown_claim_says_why_in_the_words_of_the_policy(
    tmp_path: Path, statement: dict[str, Any], note: str
) -> None:
    """Neither the placeholder of the formulas nor a disagreement inside the prover is an answer."""
    claim = claims_of_statements(tmp_path, {"Effect": "Allow", "Action": "s3:PutObject", **statement})["mode"]

    assert claim.status is ClaimStatus.UNKNOWN
    assert note in claim.note


def claims_of_statements(folder: Path, *statements: dict[str, Any]) -> dict[str, Claim]:
    """Return the claims about a session policy for reading, by their first word."""
    file = folder / "policy.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
    claims = prove_session_policy(*example(), read_custom_policy(file), ACCESS_MODES["read"])
    return {claim.name.partition(":")[0]: claim for claim in claims}


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


def test_10_an_unknown_document_is_no_access_of_its_own() -> None:
    """The document, or the policies of a group, may allow anything: the claim is unknown, and nothing is invented."""
    managed, group = "arn:aws:iam::444455556666:policy/Mine", "the policies of the group staff"
    attached = change_templates(role=lambda properties: properties.update(ManagedPolicyArns=[managed]))
    member = change_templates(user=lambda properties: properties.update(Groups=["staff"]))

    for head, unknown in ((attached, managed), (member, group)):
        claims = new_access(head)

        assert {claim.status for claim in claims.values()} == {ClaimStatus.UNKNOWN}
        assert all(unknown in claim.note and "none:none" not in claim.note for claim in claims.values())


def test_10_what_is_known_to_be_allowed_is_refuted_beside_an_unknown_document() -> None:
    """The witness is allowed by a document that is known; the note says what the unknown one could change."""
    head = allowing(Resource="*")
    for resource in head.templates["TempAccess"]["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            resource["Properties"]["ManagedPolicyArns"] = ["arn:aws:iam::444455556666:policy/Mine"]

    claim = new_access(head)[ROLE]

    assert claim.status is ClaimStatus.REFUTED
    assert claim.witness
    assert claim.witness.action == "sqs:SendMessage"
    assert "policy/Mine denies it" in claim.note


def test_11_an_action_on_objects_is_an_action_of_objects() -> None:
    """s3:GetBucketPolicy is authorized on the bucket, so `s3:*` on the objects doesn't allow it.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    """
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": OBJECTS}
    named = {**everything, "Principal": own("arn:aws:iam::ACCOUNT:role/temp-role")}

    witness = new_access(change_templates(bucket=add_statement(named)))[ROLE].witness

    assert witness
    assert witness.key
    assert OBJECT in service_actions("s3")[witness.action.lower()].formats


@pytest.mark.parametrize("action", ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:ListBucket", "s3:CreateJob"])
def test_11_an_action_on_the_wrong_type_of_resource_is_no_access(action: str) -> None:
    """No such request exists."""
    statement = {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": action, "Resource": OBJECTS}

    assert new_access(change_templates(bucket=add_statement(statement))) == {}


def test_11_the_empty_key_is_no_object() -> None:
    """The key of an object has a character at least."""
    empty = {"Fn::Sub": "arn:${AWS::Partition}:s3:::the-bucket-of-the-folders/"}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": empty}

    assert new_access(change_templates(bucket=add_statement(statement))) == {}


@pytest.mark.parametrize(
    ("principal", "action"),
    [
        ({"AWS": "999988887777"}, "sts:AssumeRoleWithSAML"),
        ({"AWS": "999988887777"}, "sts:AssumeRoleWithWebIdentity"),
        ({"Federated": "arn:aws:iam::999988887777:saml-provider/x"}, "sts:AssumeRole"),
        ({"Federated": "arn:aws:iam::999988887777:saml-provider/x"}, "sts:AssumeRoleWithWebIdentity"),
        ({"Federated": "arn:aws:iam::999988887777:oidc-provider/x"}, "sts:AssumeRoleWithSAML"),
        ({"Service": "ec2.amazonaws.com"}, "sts:AssumeRoleWithSAML"),
    ],
)
def test_11_a_caller_calls_only_what_it_can(principal: Any, action: str) -> None:
    """A provider's user has no credentials to sign AssumeRole with, and nobody else has a provider's token.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    """
    assert new_access(change_templates(role=trusting(principal, action))) == {}


@pytest.mark.parametrize(
    ("principal", "action"),
    [
        ({"Federated": "arn:aws:iam::999988887777:saml-provider/x"}, "sts:AssumeRoleWithSAML"),
        ({"Federated": "arn:aws:iam::999988887777:oidc-provider/x"}, "sts:AssumeRoleWithWebIdentity"),
        ({"Federated": "cognito-identity.amazonaws.com"}, "sts:AssumeRoleWithWebIdentity"),
        ({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity"),
        ({"Service": "ec2.amazonaws.com"}, "sts:AssumeRole"),
        ({"Service": "ec2.c2s.ic.gov"}, "sts:AssumeRole"),
        ("*", "sts:AssumeRole"),
    ],
)
def test_11_no_real_request_is_left_out(principal: Any, action: str) -> None:
    """The witness has the action that the caller can call."""
    claims = new_access(change_templates(role=trusting(principal, action)))

    witness = claims[OTHERS].witness
    assert witness
    assert witness.action == action


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ({"Bool": {"aws:MultiFactorAuthPresent": "TRUE"}}, {"aws:multifactorauthpresent": "true"}),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "False"}}, {"aws:multifactorauthpresent": "false"}),
        ({"StringLike": {"aws:MultiFactorAuthPresent": "*"}}, {"aws:multifactorauthpresent": "true"}),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, {"aws:multifactorauthage": "3599"}),
    ],
)
def test_11_a_key_has_a_value_that_it_can_have(condition: dict[str, Any], shown: dict[str, str]) -> None:
    """A key of type Bool is true or false, and a count is a number that isn't negative."""
    claim = new_access(allowing(Resource="*", Condition=condition))[ROLE]

    assert claim.witness
    assert {key: claim.witness.context[key] for key in shown} == shown


def test_11_an_origin_access_identity_is_a_caller() -> None:
    """CloudFront reads the bucket as this principal.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
    """
    identity = {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"}
    statement = {"Effect": "Allow", "Principal": identity, "Action": "s3:GetObject", "Resource": OBJECTS}

    assert new_access(change_templates(bucket=add_statement(statement)))[OTHERS].status is ClaimStatus.REFUTED


@pytest.mark.parametrize(
    "key",
    [
        "sts:RequestContextProviders",
        "sts:TransitiveTagKeys",
        "aws:TagKeys",
        "sts:IdentityTokenAudience",
        "saml:edupersonnickname",
        "unknown.example.com:groups",
    ],
)
def test_23_a_key_with_several_values_fulfills_two_conditions(key: str) -> None:
    """Which keys can have several values is a matter of their types in the service reference."""
    condition = {"StringEquals": {key: "arn:a"}, "StringLike": {key: "arn:b"}}
    trust = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}
    change = add_statement({**trust, "Condition": condition}, "AssumeRolePolicyDocument")

    claim = new_access(change_templates(role=change))[OTHERS]

    assert claim.status is ClaimStatus.REFUTED
    assert claim.witness
    assert claim.witness.context[key.lower()] == ("arn:a", "arn:b")


def test_11_an_identity_provider_in_a_bucket_policy_is_unknown() -> None:
    """Its users have no credentials before they have assumed a role, so there is no witness, and no proof either."""
    provider = {"Federated": "arn:aws:iam::999988887777:saml-provider/x"}
    head = change_templates(
        bucket=add_statement({"Effect": "Allow", "Principal": provider, "Action": "s3:GetObject", "Resource": OBJECTS})
    )

    claims = new_access(head)

    assert {name: claim.status for name, claim in claims.items()} == {OTHERS: ClaimStatus.UNKNOWN}
    assert "saml-provider/x in the bucket policy" in claims[OTHERS].note
    assert new_access(head, head) == {}

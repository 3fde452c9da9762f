"""TempRole: whom it trusts, on which conditions, for how long, and what it reaches."""

from typing import Any

import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from access_constructs.temp_role import TempRole
from temp_access.config.model import Conditions, Role, TrustedPrincipal
from tests.unit.support.synthesis import new_stack, only, template_of

USER = {"Fn::GetAtt": ["User00B015A1", "Arn"]}
BUCKET = {"Fn::GetAtt": ["Bucket83908E77", "Arn"]}
OWN_ACCOUNT = ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":role/build"]]


def role(role: Role | None = None, modes: tuple[str, ...] = ("read",)) -> dict[str, Any]:
    """Return the role's properties."""
    stack = new_stack()
    TempRole(
        stack,
        "Role",
        role=role or Role(),
        user=iam.User(stack, "User"),
        bucket=s3.Bucket(stack, "Bucket"),
        modes=modes,
        digest="the-digest",
    )
    return only(template_of(stack), "AWS::IAM::Role")


def trust(**options: Any) -> list[dict[str, Any]]:
    """Return the statements of the trust policy."""
    document = role(Role(**options))["AssumeRolePolicyDocument"]
    assert document["Version"] == "2012-10-17"
    return list(document["Statement"])


def test_trusts_the_user_and_nobody_else() -> None:
    """Without options the trust policy is exactly one statement, with nothing more in it."""
    assert trust() == [{"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "sts:AssumeRole"}]


@pytest.mark.parametrize(
    ("trusted", "principal", "condition"),
    [
        (TrustedPrincipal(None, "role/build", None), {"Fn::Join": OWN_ACCOUNT}, None),
        (
            TrustedPrincipal("222233334444", "root", "the-partner"),
            {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::222233334444:root"]]},
            {"StringEquals": {"sts:ExternalId": "the-partner"}},
        ),
    ],
)
def test_each_further_principal_has_a_statement_of_its_own(
    trusted: TrustedPrincipal, principal: Any, condition: dict[str, Any] | None
) -> None:
    """So that an external id is asked of the one who was given it, and not of the user."""
    own, other = trust(trusted=(trusted,))
    assert own == trust()[0]
    wanted = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    assert other == (wanted | {"Condition": condition} if condition else wanted)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (Conditions(mfa=True), {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        (Conditions(source_ip=("203.0.113.0/24",)), {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}),
        (Conditions(session_name="*-${aws:username}"), {"StringLike": {"sts:RoleSessionName": "*-${aws:username}"}}),
    ],
)
def test_each_condition_is_asked_of_every_principal(conditions: Conditions, expected: dict[str, Any]) -> None:
    """A condition that only some must fulfil is a way round it."""
    for statement in trust(conditions=conditions, trusted=(TrustedPrincipal(None, "role/build", None),)):
        assert statement["Condition"] == expected
        assert statement["Action"] == "sts:AssumeRole"


def test_a_source_identity_is_required_and_may_be_set() -> None:
    """The trust policy must also allow sts:SetSourceIdentity."""
    (statement,) = trust(conditions=Conditions(source_identity="*@example.com"))
    assert statement["Action"] == ["sts:AssumeRole", "sts:SetSourceIdentity"]
    assert statement["Condition"] == {"StringLike": {"sts:SourceIdentity": "*@example.com"}}


def test_all_conditions_hold_together() -> None:
    """One statement, so that each of them must be fulfilled."""
    conditions = Conditions(True, ("203.0.113.0/24", "2001:db8::/32"), "*@x", "s-*")
    (own, other) = trust(conditions=conditions, trusted=(TrustedPrincipal("222233334444", "user/ann", "the-id"),))
    asked = {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]},
        "StringLike": {"sts:RoleSessionName": "s-*", "sts:SourceIdentity": "*@x"},
    }
    assert own["Condition"] == asked
    assert other["Condition"] == asked | {"StringEquals": {"sts:ExternalId": "the-id"}}


@pytest.mark.parametrize(
    ("modes", "statements"),
    [
        (("list",), [("s3:ListBucket", False)]),
        (("write",), [(["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"], True)]),
        (
            ("read", "write"),
            [
                ("s3:ListBucket", False),
                (
                    ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
                    True,
                ),
            ],
        ),
        (("full", "read-write"), [("s3:ListBucket", False), (["s3:*"], True)]),
    ],
)
def test_reaches_the_one_bucket_with_the_union_of_the_modes_in_use(
    modes: tuple[str, ...], statements: list[tuple[Any, bool]]
) -> None:
    """The ceiling of every session; nothing on another bucket, on configuration, or in IAM."""
    properties = role(modes=modes)
    (policy,) = properties["Policies"]
    objects = {"Fn::Join": ["", [BUCKET, "/*"]]}
    assert policy["PolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": action, "Resource": objects if on_objects else BUCKET}
            for action, on_objects in statements
        ],
    }
    assert "ManagedPolicyArns" not in properties


def test_the_longest_session_and_the_name_are_as_configured() -> None:
    """In seconds, as IAM takes it."""
    properties = role(Role(name="lent", max_session_duration=7200))
    assert (properties["RoleName"], properties["MaxSessionDuration"]) == ("lent", 7200)


def test_its_tags_name_the_bucket_and_the_digest_of_the_file() -> None:
    """One iam:GetRole tells a borrower where the bucket is and whether its file is the deployed one."""
    assert role()["Tags"] == [
        {"Key": "temp-access:bucket", "Value": {"Ref": "Bucket83908E77"}},
        {"Key": "temp-access:config", "Value": "the-digest"},
    ]

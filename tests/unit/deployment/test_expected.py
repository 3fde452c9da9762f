"""The state that templates define, with AWS's defaults for missing properties."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.deployment.expected import expected_state
from temp_access.deployment.state import State
from temp_access.errors import UserError

ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
TRUST = {"Statement": {"Effect": "Allow", "Principal": {"AWS": {"Fn::GetAtt": ["User", "Arn"]}}}}
S3_FULL = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AmazonS3FullAccess"}
S3_FULL_ARN = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
OWN_ARN = "arn:aws:iam::123456789012:policy/own"


def state(
    user: dict[str, Any] | None = None,
    role: dict[str, Any] | None = None,
    bucket: dict[str, Any] | None = None,
    more: dict[str, Any] | None = None,
    physical: dict[tuple[str, str], str] | None = None,
    **environment: Any,
) -> State:
    access = {
        "User": {"Type": "AWS::IAM::User", "Properties": {"UserName": "temp-user", **(user or {})}},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"RoleName": "temp-role", "AssumeRolePolicyDocument": TRUST, **(role or {})},
        },
        **(more or {}),
    }
    storage = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": bucket or {}}}
    templates = {"TempAccessStorage": {"Resources": storage}, "TempAccess": {"Resources": access}}
    assembly = Assembly(Path("cdk.out"), templates, **environment)
    return expected_state(assembly, physical, account="123456789012", region="us-east-1", partition="aws")


def managed(**properties: Any) -> dict[str, Any]:
    own = {"ManagedPolicyName": "own", "PolicyDocument": ALLOW, **properties}
    return {"Own": {"Type": "AWS::IAM::ManagedPolicy", "Properties": own}}


def test_a_user_without_policies_and_groups() -> None:
    """CloudFormation creates nothing that the template doesn't contain."""
    user = state().user

    assert (user.permissions.inline, user.permissions.attached, user.permissions.boundary) == ({}, {}, None)
    assert user.groups == ()


def test_reads_inline_policies_by_name() -> None:
    """Each with its document."""
    policies = [{"PolicyName": "mine", "PolicyDocument": ALLOW}]

    expected = state(user={"Policies": policies}, role={"Policies": policies})

    assert expected.user.permissions.inline == expected.role.permissions.inline == {"mine": ALLOW}


def test_a_policy_resource_is_an_inline_policy_of_its_users_and_roles() -> None:
    """`AWS::IAM::Policy` embeds its document in its users and roles."""
    policy = {"PolicyName": "mine", "PolicyDocument": ALLOW, "Roles": [{"Ref": "Role"}]}

    expected = state(more={"Mine": {"Type": "AWS::IAM::Policy", "Properties": policy}})

    assert (expected.user.permissions.inline, expected.role.permissions.inline) == ({}, {"mine": ALLOW})


def test_a_policy_resource_of_one_user_or_role_is_an_inline_policy() -> None:
    """The user or role is named or referred to; a policy of another one is none of theirs."""
    policy = {"PolicyName": "own", "PolicyDocument": ALLOW}
    more = {
        "R": {"Type": "AWS::IAM::RolePolicy", "Properties": {**policy, "RoleName": {"Ref": "Role"}}},
        "U": {"Type": "AWS::IAM::UserPolicy", "Properties": {**policy, "UserName": "temp-user"}},
        "O": {"Type": "AWS::IAM::RolePolicy", "Properties": {**policy, "PolicyName": "o", "RoleName": "temp-user"}},
    }

    expected = state(more=more)

    assert expected.role.permissions.inline == {"own": ALLOW}
    assert expected.user.permissions.inline == {"own": ALLOW}


def test_aws_managed_policies_are_attached_without_a_document() -> None:
    """They can't be changed, so they aren't compared."""
    expected = state(user={"ManagedPolicyArns": [S3_FULL]})

    assert expected.user.permissions.attached == {S3_FULL_ARN: None}


def test_a_managed_policy_of_the_stack_is_attached_to_its_users_and_roles() -> None:
    """With its document, because it can be changed."""
    expected = state(more=managed(Users=[{"Ref": "User"}]))

    assert expected.user.permissions.attached == {OWN_ARN: ALLOW}
    assert expected.role.permissions.attached == {}


def test_a_user_or_role_may_name_a_managed_policy_of_the_stack() -> None:
    """Either side may name the other."""
    expected = state(role={"ManagedPolicyArns": [{"Ref": "Own"}]}, more=managed())

    assert expected.role.permissions.attached == {OWN_ARN: ALLOW}


def test_uses_deployed_names_where_they_are_known() -> None:
    """CloudFormation chose the bucket's name."""
    expected = state(physical={("TempAccessStorage", "Bucket"): "example-8xk2"})

    assert expected.bucket.name == "example-8xk2"


def test_reads_boundary_and_groups() -> None:
    """A boundary is named by its ARN, a group by its name."""
    expected = state(user={"PermissionsBoundary": OWN_ARN, "Groups": ["b", "a"]})

    assert (expected.user.permissions.boundary, expected.user.groups) == (OWN_ARN, ("a", "b"))


def test_the_trust_policy_names_the_user_s_arn() -> None:
    """References are resolved."""
    statement = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/temp-user"}}

    assert state().role.trust == {"Statement": statement}


def test_the_maximum_session_duration_defaults_to_an_hour() -> None:
    """That is AWS's default for a role."""
    durations = [state(role=role).role.max_session_duration for role in ({}, {"MaxSessionDuration": 43200})]

    assert durations == [3600, 43200]


def test_reads_only_temp_access_tags() -> None:
    """Other tags aren't compared."""
    tags = [{"Key": "project", "Value": "x"}, {"Key": "temp-access:bucket", "Value": {"Ref": "User"}}]

    assert state(role={"Tags": tags}).role.tags == {"temp-access:bucket": "temp-user"}


def test_a_bucket_without_properties_has_awss_defaults() -> None:
    """Private, without ACLs and encrypted since April 2023; without versioning and policy."""
    bucket = state().bucket

    assert set((bucket.public_access_block or {}).values()) == {True}
    assert (bucket.ownership, bucket.encryption) == ("BucketOwnerEnforced", {"SSEAlgorithm": "AES256"})
    assert (bucket.policy, bucket.versioning) == (None, None)


def test_reads_the_bucket_s_configuration() -> None:
    """A missing flag of the public access block is off."""
    kms = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/x"}
    bucket = state(
        bucket={
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": "true"},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": kms}]},
            "VersioningConfiguration": {"Status": "Enabled"},
        }
    ).bucket

    assert bucket.public_access_block == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": False,
        "IgnorePublicAcls": False,
        "RestrictPublicBuckets": False,
    }
    assert (bucket.ownership, bucket.encryption, bucket.versioning) == ("ObjectWriter", kms, "Enabled")


@pytest.mark.parametrize(("name", "policy"), [("temp-bucket", ALLOW), ("another", None)])
def test_reads_the_policy_of_this_bucket(name: str, policy: object) -> None:
    """A bucket policy names its bucket."""
    properties = {"Bucket": name, "PolicyDocument": ALLOW}

    expected = state(
        bucket={"BucketName": "temp-bucket"},
        more={"Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": properties}},
    )

    assert expected.bucket.policy == policy


@pytest.mark.parametrize("environment", [{"account": "111122223333"}, {"region": "eu-central-1"}])
def test_refuses_templates_for_another_account_or_region(environment: dict[str, Any]) -> None:
    """Their ARNs name the other account."""
    with pytest.raises(UserError, match="but this is account 123456789012 in us-east-1"):
        state(**environment)


def test_accepts_templates_for_this_account_and_region() -> None:
    """An environment in access.toml fixes both."""
    assert state(account="123456789012", region="us-east-1").user.name == "temp-user"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"more": {"Second": {"Type": "AWS::IAM::User"}}}, "have 2 resources of type AWS::IAM::User"),
        ({"user": {"Policies": 5}}, "a form that CloudFormation doesn't accept"),
        ({"user": {"Policies": [{"PolicyName": "mine"}]}}, "a form that CloudFormation doesn't accept"),
        ({"role": {"AssumeRolePolicyDocument": "x"}}, "a form that CloudFormation doesn't accept"),
        ({"role": {"MaxSessionDuration": "long"}}, "a form that CloudFormation doesn't accept"),
        ({"bucket": {"OwnershipControls": []}}, "a form that CloudFormation doesn't accept"),
    ],
)
def test_refuses_unexpected_templates(changes: dict[str, Any], why: str) -> None:
    """One user, one role, one bucket, and properties in CloudFormation's forms."""
    with pytest.raises(UserError, match=why):
        state(**changes)

"""Which policies apply to a user, a role or an outsider, and which of them are unknown."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.config.model import Config
from temp_access.deployment.effective_policies import (
    EffectivePolicies,
    MissingDocument,
    PrincipalPolicies,
    UnknownAs,
    outsider_policies,
    template_policies,
)
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.request import Request
from tests.unit.support.config_file import config_of

ACCOUNT = "111122223333"
OWN_ARN = f"arn:aws:iam::{ACCOUNT}:policy/own"
FOREIGN_ARN = f"arn:aws:iam::{ACCOUNT}:policy/elsewhere"
S3_FULL_ARN = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


def allow(action: str, **elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*", **elements}]}


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Config:
    return config_of(tmp_path, "[grants.bob]\naccess = 'read'\n")


def effective(config: Config, user: dict[str, Any] | None = None, **resources: Any) -> EffectivePolicies:
    """Return the policies of templates with these properties of the user and further resources."""
    trust = allow("sts:AssumeRole", Principal={"AWS": {"Fn::GetAtt": ["User", "Arn"]}})
    del trust["Statement"][0]["Resource"]
    access = {
        "User": {"Type": "AWS::IAM::User", "Properties": {"UserName": "temp-user", **(user or {})}},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"RoleName": "temp-role", "AssumeRolePolicyDocument": trust},
        },
        **resources,
    }
    storage = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "bucket"}}}
    templates = {"TempAccessStorage": {"Resources": storage}, "TempAccess": {"Resources": access}}
    return template_policies(config, Assembly(Path("cdk.out"), templates))


def allows(policies: PolicySet, action: str = "s3:GetObject") -> bool:
    request = Request(
        principal=f"arn:aws:iam::{ACCOUNT}:user/temp-user",
        action=action,
        resource="arn:aws:s3:::bucket/x",
        account=ACCOUNT,
        resource_account=ACCOUNT,
    )
    return evaluate(policies, request).allowed


def test_reads_a_boundary_that_the_templates_define(config: Config) -> None:
    """Its document is known, so nothing has to be assumed about it."""
    policies = effective(
        config,
        {"ManagedPolicyArns": [S3_FULL_ARN], "PermissionsBoundary": {"Ref": "Own"}},
        Own={
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"ManagedPolicyName": "own", "PolicyDocument": allow("s3:Get*")},
        },
    )
    user = policies.of(policies.state.user)

    assert policies.unknown(policies.state.user).documents == ()
    assert allows(policies.on(policies.state.bucket, user))
    assert not allows(policies.on(policies.state.bucket, user), "s3:PutObject")


def test_names_unknown_documents_and_groups(config: Config) -> None:
    """Groups, and managed policies that are neither in the templates nor bundled."""
    policies = effective(
        config,
        {"ManagedPolicyArns": [S3_FULL_ARN, FOREIGN_ARN], "PermissionsBoundary": OWN_ARN, "Groups": ["staff"]},
    )
    unknown = policies.unknown(policies.state.user)

    assert unknown.documents == (FOREIGN_ARN, OWN_ARN)
    assert unknown.groups == ("staff",)
    assert policies.unknown_names == {FOREIGN_ARN, OWN_ARN, "the policies of the group staff"}
    assert policies.unknown(policies.state.role).policy_names == frozenset()


def test_an_unknown_document_is_an_error_unless_something_is_assumed(config: Config) -> None:
    """The error names the policy, and counts as inconclusive."""
    policies = effective(config, {"ManagedPolicyArns": [FOREIGN_ARN]})

    with pytest.raises(MissingDocument, match=FOREIGN_ARN) as error:
        policies.of(policies.state.user)
    assert error.value.exit_code == 3


@pytest.mark.parametrize(
    ("user", "unknown_as", "allowed"),
    [
        ({"ManagedPolicyArns": [FOREIGN_ARN]}, UnknownAs.ALLOW_ALL, True),
        ({"ManagedPolicyArns": [FOREIGN_ARN]}, UnknownAs.ALLOW_NOTHING, False),
        ({"ManagedPolicyArns": [FOREIGN_ARN]}, UnknownAs.NO_EFFECT, False),
        ({"Groups": ["staff"]}, UnknownAs.ALLOW_ALL, True),
        ({"Groups": ["staff"]}, UnknownAs.ALLOW_NOTHING, False),
        ({"ManagedPolicyArns": [S3_FULL_ARN], "PermissionsBoundary": OWN_ARN}, UnknownAs.ALLOW_ALL, True),
        ({"ManagedPolicyArns": [S3_FULL_ARN], "PermissionsBoundary": OWN_ARN}, UnknownAs.ALLOW_NOTHING, False),
        ({"ManagedPolicyArns": [S3_FULL_ARN], "PermissionsBoundary": OWN_ARN}, UnknownAs.NO_EFFECT, True),
    ],
)
def test_unknown_policies_count_as_assumed(
    config: Config, user: dict[str, Any], unknown_as: UnknownAs, allowed: bool
) -> None:
    """Without an effect, an identity-based policy adds nothing and a boundary limits nothing."""
    policies = effective(config, user)

    assert allows(policies.on(policies.state.bucket, policies.of(policies.state.user, unknown_as))) is allowed


def test_a_session_policy_narrows_and_none_removes_it(config: Config) -> None:
    """As in AssumeRole."""
    policies = effective(config)
    owner = outsider_policies(UnknownAs.ALLOW_ALL)

    assert not allows(policies.on(None, owner.narrowed(allow("s3:ListBucket"))))
    assert owner.narrowed(None).session is None


def test_the_resource_decides_which_resource_policy_takes_part(config: Config) -> None:
    """The role has its trust policy; the bucket here, and anything else, has none."""
    policies, nobody = effective(config), PrincipalPolicies()

    on_role = policies.on(policies.state.role, nobody)
    assert (on_role.resource, on_role.resource_is_trust_policy) == (policies.trust_policy(policies.state.role), True)
    assert policies.on(policies.state.bucket, nobody).resource is None
    assert policies.on(None, nobody).resource is None


def test_a_malformed_policy_is_read_as_far_as_it_goes(config: Config) -> None:
    """What is odd in it is named, and may allow and deny the call."""
    broken = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": "bucket", "PolicyDocument": allow("s3:*")}}

    policies = effective(config, Policy=broken)
    policy = policies.bucket_policy(policies.state.bucket)

    assert policy is not None
    assert policy.unreadable == ("bucket policy: Statement[0]: needs Principal or NotPrincipal",)

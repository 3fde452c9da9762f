"""TempUser: an identity that can do little by itself."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import aws_iam as iam

from access_constructs import TempUser
from tests.unit.support.synthesis import all_of, new_stack, only, template_of

OWN_ARN = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":user/lender"]]}
DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "iam:GetAccountSummary", "Resource": "*"}],
}


def user(define: Callable[[TempUser], None] = lambda user: None) -> dict[str, Any]:
    """Return the template of a stack with one TempUser that may assume one role."""
    stack = new_stack()
    defined = TempUser(stack, "User", user_name="lender")
    define(defined)
    defined.allow_assume_role(iam.Role(stack, "Role", assumed_by=defined.user, role_name="lent"))
    return template_of(stack)


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    """Return the template without options."""
    return user()


def test_may_find_and_assume_the_one_role(plain: dict[str, Any]) -> None:
    """A customer managed policy allows it on that role's ARN only."""
    policy = only(plain, "AWS::IAM::ManagedPolicy")
    (role_id,) = (name for name, resource in plain["Resources"].items() if resource["Type"] == "AWS::IAM::Role")
    (user_id,) = (name for name, resource in plain["Resources"].items() if resource["Type"] == "AWS::IAM::User")
    assert policy["Users"] == [{"Ref": user_id}]
    assert policy["PolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["iam:GetRole", "sts:AssumeRole"],
                "Resource": {"Fn::GetAtt": [role_id, "Arn"]},
            }
        ],
    }


def test_may_assume_several_roles() -> None:
    """One managed policy lists them all, because IAM attaches at most ten policies."""
    stack = new_stack()
    defined = TempUser(stack, "User", user_name="lender")
    for id_ in ("One", "Two"):
        defined.allow_assume_role(iam.Role.from_role_name(stack, id_, id_.lower()))
    (statement,) = only(template_of(stack), "AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    assert [arn["Fn::Join"][1][-1] for arn in statement["Resource"]] == [":role/one", ":role/two"]


def test_may_rotate_its_own_access_keys_only(plain: dict[str, Any]) -> None:
    """An inline policy allows it on the user's own ARN."""
    assert only(plain, "AWS::IAM::User")["Policies"] == [
        {
            "PolicyName": "RotateOwnAccessKeys",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": [
                            "iam:CreateAccessKey",
                            "iam:DeleteAccessKey",
                            "iam:GetAccessKeyLastUsed",
                            "iam:ListAccessKeys",
                            "iam:UpdateAccessKey",
                        ],
                        "Resource": OWN_ARN,
                    }
                ],
            },
        }
    ]


def test_has_no_access_key_no_password_and_no_further_policy(plain: dict[str, Any]) -> None:
    """CloudFormation's history would keep a secret that is in a template."""
    properties = only(plain, "AWS::IAM::User")
    assert set(properties) == {"Policies", "UserName"}
    assert properties["UserName"] == "lender"
    assert not {"AWS::IAM::AccessKey", "AWS::SecretsManager::Secret", "AWS::IAM::Policy"} & {
        resource["Type"] for resource in plain["Resources"].values()
    }


def test_aws_managed_policies_are_attached_by_name() -> None:
    """The name of a job function policy includes its path."""

    def attach(user: TempUser) -> None:
        user.add_aws_managed_policy("IAMReadOnlyAccess", reason="looks")
        user.add_aws_managed_policy("job-function/Billing", reason="pays")

    arns = only(user(attach), "AWS::IAM::User")["ManagedPolicyArns"]
    assert [arn["Fn::Join"][1][-1] for arn in arns] == [
        ":iam::aws:policy/IAMReadOnlyAccess",
        ":iam::aws:policy/job-function/Billing",
    ]


def test_customer_managed_policies_have_the_reviewed_json() -> None:
    """Each becomes one policy with its name and the unchanged document."""
    template = user(lambda user: user.add_customer_managed_policy("see-account", DOCUMENT))
    (policy,) = (p for p in all_of(template, "AWS::IAM::ManagedPolicy") if "ManagedPolicyName" in p)
    assert (policy["ManagedPolicyName"], policy["PolicyDocument"]) == ("see-account", DOCUMENT)


@pytest.mark.parametrize("name", ["AssumeRole", "Resource", "Default", "CustomerManaged"])
def test_a_policy_can_have_any_name(name: str) -> None:
    """The name of a customer managed policy never collides with one of the construct's ids."""
    template = user(lambda user: user.add_customer_managed_policy(name, DOCUMENT))
    assert len(all_of(template, "AWS::IAM::ManagedPolicy")) == 2


def test_inline_policies_are_embedded_in_the_user() -> None:
    """They are deleted together with the user."""
    template = user(lambda user: user.add_inline_policy("see-account", DOCUMENT))
    policies = only(template, "AWS::IAM::User")["Policies"]
    assert [policy["PolicyName"] for policy in policies] == ["RotateOwnAccessKeys", "see-account"]
    assert policies[1]["PolicyDocument"] == DOCUMENT


def test_a_permissions_boundary_is_set_by_its_arn() -> None:
    """The boundary is a managed policy from outside the stack."""
    stack = new_stack()
    arn = "arn:aws:iam::aws:policy/PowerUserAccess"
    boundary = iam.ManagedPolicy.from_managed_policy_arn(stack, "Boundary", arn)
    TempUser(stack, "User", user_name="lender", permissions_boundary=boundary)
    assert only(template_of(stack), "AWS::IAM::User")["PermissionsBoundary"] == arn

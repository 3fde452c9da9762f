"""TempUser: an identity that may do nothing of value by itself."""

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
    """Return the template of a stack with one TempUser, who may assume one role."""
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
    """By a customer managed policy on that role's ARN alone."""
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
    """By one managed policy, since IAM attaches at most ten."""
    stack = new_stack()
    defined = TempUser(stack, "User", user_name="lender")
    for id_ in ("One", "Two"):
        defined.allow_assume_role(iam.Role.from_role_name(stack, id_, id_.lower()))
    (statement,) = only(template_of(stack), "AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    assert [arn["Fn::Join"][1][-1] for arn in statement["Resource"]] == [":role/one", ":role/two"]


def test_may_rotate_its_own_keys_and_no_other_users(plain: dict[str, Any]) -> None:
    """By an inline policy on its own ARN."""
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
    """A secret in a template is one in CloudFormation's history."""
    properties = only(plain, "AWS::IAM::User")
    assert set(properties) == {"Policies", "UserName"}
    assert properties["UserName"] == "lender"
    assert not {"AWS::IAM::AccessKey", "AWS::SecretsManager::Secret", "AWS::IAM::Policy"} & {
        resource["Type"] for resource in plain["Resources"].values()
    }


def test_aws_managed_policies_are_attached_by_name() -> None:
    """A job function keeps its path."""

    def attach(user: TempUser) -> None:
        user.add_aws_managed_policy("IAMReadOnlyAccess", reason="looks")
        user.add_aws_managed_policy("job-function/Billing", reason="pays")

    arns = only(user(attach), "AWS::IAM::User")["ManagedPolicyArns"]
    assert [arn["Fn::Join"][1][-1] for arn in arns] == [
        ":iam::aws:policy/IAMReadOnlyAccess",
        ":iam::aws:policy/job-function/Billing",
    ]


def test_customer_managed_policies_carry_the_reviewed_json_under_their_name() -> None:
    """Each is a policy of its own, with the very document of the file."""
    template = user(lambda user: user.add_customer_managed_policy("see-account", DOCUMENT))
    (policy,) = (p for p in all_of(template, "AWS::IAM::ManagedPolicy") if "ManagedPolicyName" in p)
    assert (policy["ManagedPolicyName"], policy["PolicyDocument"]) == ("see-account", DOCUMENT)


@pytest.mark.parametrize("name", ["AssumeRole", "Resource", "Default", "CustomerManaged"])
def test_a_policy_may_be_called_as_it_likes(name: str) -> None:
    """No name of a customer managed policy meets one of the construct's own ids."""
    template = user(lambda user: user.add_customer_managed_policy(name, DOCUMENT))
    assert len(all_of(template, "AWS::IAM::ManagedPolicy")) == 2


def test_inline_policies_are_embedded_beside_the_projects_own() -> None:
    """In the user itself, so they go when it goes."""
    template = user(lambda user: user.add_inline_policy("see-account", DOCUMENT))
    policies = only(template, "AWS::IAM::User")["Policies"]
    assert [policy["PolicyName"] for policy in policies] == ["RotateOwnAccessKeys", "see-account"]
    assert policies[1]["PolicyDocument"] == DOCUMENT


def test_a_permissions_boundary_is_set_by_its_arn() -> None:
    """The boundary is a managed policy that isn't this stack's."""
    stack = new_stack()
    arn = "arn:aws:iam::aws:policy/PowerUserAccess"
    boundary = iam.ManagedPolicy.from_managed_policy_arn(stack, "Boundary", arn)
    TempUser(stack, "User", user_name="lender", permissions_boundary=boundary)
    assert only(template_of(stack), "AWS::IAM::User")["PermissionsBoundary"] == arn

"""Roles of grants, users for people and identity providers that are deployed, but aren't in the templates.

A grant that loses its last borrower leaves its role behind if nobody deploys. `cdk deploy` leaves a whole stack behind
that the app no longer has.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from temp_access.deployment.deployed import read_role
from temp_access.deployment.policy_drift import aws_cli
from temp_access.deployment.stacks import FURTHER_STACKS
from temp_access.deployment.state import RoleState, State
from temp_access.policies.role_policy import BUCKET_TAG
from temp_access.terminal_text import escape_control

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_iam import IAMClient

_KINDS = {
    "AWS::IAM::Role": "role",
    "AWS::IAM::User": "user",
    "AWS::IAM::OIDCProvider": "identity provider",
}


def orphans(
    iam: "IAMClient", cloudformation: "CloudFormationClient", expected: State, stacks: Iterable[str]
) -> tuple[str, ...]:
    """Return a line for each, with how to remove it; `stacks` are those that the templates have.

    A role that isn't in a stack is one of ours if it is called like a grant's and its tag names the bucket.
    Raises botocore's errors when something can't be read.
    """
    found = [*_in_stacks(cloudformation, expected, frozenset(stacks))]
    names = {name for name, _ in found}
    lines = [line for _, line in found]
    lines += [_describe(role) for role in _by_hand(iam, expected) if role.name not in names]
    return tuple(map(escape_control, lines))


def _in_stacks(
    cloudformation: "CloudFormationClient", expected: State, stacks: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Yield the name and the line of each resource of our stacks that the templates lack."""
    known = {*expected.grant_roles, *expected.users, *(provider.arn for provider in expected.providers.values())}
    for stack in FURTHER_STACKS:
        if stack in stacks:
            remedy = "another access.toml is deployed; remove it: temp-access deploy"
        else:
            command = aws_cli("cloudformation", "delete-stack", stack_name=stack)
            remedy = f"access.toml needs no such stack; remove it: {command}"
        for kind, name in _resources(cloudformation, stack):
            if kind in _KINDS and name not in known:
                yield name, f"the {_KINDS[kind]} {name} of the stack {stack} isn't in the template; {remedy}"


def _resources(cloudformation: "CloudFormationClient", stack: str) -> Iterator[tuple[str, str]]:
    from botocore.exceptions import ClientError

    try:
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
            for each in page["StackResourceSummaries"]:
                if each.get("PhysicalResourceId") and each["ResourceStatus"] != "DELETE_COMPLETE":
                    yield each["ResourceType"], each["PhysicalResourceId"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise


def _by_hand(iam: "IAMClient", expected: State) -> Iterator[RoleState]:
    path, prefix = expected.role.path, f"{expected.role.name}-"
    for page in iam.get_paginator("list_roles").paginate(PathPrefix=path):
        for each in page["Roles"]:
            name = each["RoleName"]
            if name.startswith(prefix) and name not in expected.grant_roles:
                # Another deployment's role may be called so.
                role = read_role(iam, name)
                if role and role.tags.get(BUCKET_TAG) == expected.bucket.name:
                    yield role


def _describe(role: RoleState) -> str:
    commands = [
        *(
            aws_cli("iam", "delete-role-policy", role_name=role.name, policy_name=name)
            for name in role.permissions.inline
        ),
        *(
            aws_cli("iam", "detach-role-policy", role_name=role.name, policy_arn=arn)
            for arn in role.permissions.attached
        ),
        aws_cli("iam", "delete-role", role_name=role.name),
    ]
    return (
        f"the role {role.name} is called like a grant's and has the tag of the bucket, but it isn't in the template; "
        f"remove it: {' && '.join(commands)}"
    )

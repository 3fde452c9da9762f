"""The deployed state of users, roles, providers and the bucket, and the physical ids of the stacks' resources."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from temp_access.aws.errors import none_if_missing
from temp_access.deployment.deployed_bucket import read_bucket
from temp_access.deployment.stacks import STACKS
from temp_access.deployment.state import DeployedState, Permissions, ProviderState, RoleState, UserState
from temp_access.deployment.target import Target
from temp_access.errors import UserError
from temp_access.iam.policy_json import Document, read_document
from temp_access.policies.role_policy import TAG_PREFIX

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_iam import IAMClient
    from types_boto3_iam.type_defs import RoleTypeDef, UserTypeDef
    from types_boto3_s3 import S3Client


def inline_documents(names: Iterable[str], get: Callable[[str], Any]) -> dict[str, Document]:
    """Return the inline policies by name; one that is deleted in the meantime is left out."""
    responses = {name: none_if_missing("NoSuchEntity", get, name) for name in names}
    return {name: decode_document(response["PolicyDocument"]) for name, response in responses.items() if response}


def attached_documents(iam: "IAMClient", arns: Iterable[str]) -> dict[str, Document | None]:
    """Return the attached policies by ARN; None for AWS managed policies, which can't be changed."""
    return {arn: None if is_aws_managed(arn) else managed_policy_document(iam, arn) for arn in arns}


def is_aws_managed(arn: str) -> bool:
    """Whether a managed policy is AWS managed: its ARN has `aws` instead of an account."""
    return arn.split(":")[4:5] == ["aws"]


def decode_document(value: Any) -> Document:
    """Return a policy document as a dict; boto3 decodes IAM's documents, and passes on those that it can't."""
    return read_document(unquote(value) if isinstance(value, str) else value)


def managed_policy_document(iam: "IAMClient", arn: str) -> Document:
    """Return the default version of a managed policy; raises botocore's errors when it can't be read."""
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return decode_document(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def read_role(iam: "IAMClient", name: str) -> RoleState | None:
    """Return the role's policies, trust policy and temp-access:* tags, or None if the role doesn't exist."""
    response = none_if_missing("NoSuchEntity", iam.get_role, RoleName=name)
    return _read_role(iam, name, response["Role"]) if response else None


def _read_role(iam: "IAMClient", name: str, role: "RoleTypeDef") -> RoleState:
    names = iam.get_paginator("list_role_policies").paginate(RoleName=name)
    policies = iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
    tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", ())}
    return RoleState(
        name=name,
        permissions=Permissions(
            inline=inline_documents(
                (n for page in names for n in page["PolicyNames"]),
                lambda policy: iam.get_role_policy(RoleName=name, PolicyName=policy),
            ),
            attached=attached_documents(iam, [p["PolicyArn"] for page in policies for p in page["AttachedPolicies"]]),
            boundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        ),
        trust=decode_document(role["AssumeRolePolicyDocument"]),
        max_session_duration=role["MaxSessionDuration"],
        tags={key: value for key, value in tags.items() if key.startswith(TAG_PREFIX)},
        path=role.get("Path", "/"),
        file_tags={key: value for key, value in tags.items() if not key.startswith(TAG_PREFIX)},
    )


def read_user(iam: "IAMClient", name: str) -> UserState | None:
    """Return the user's policies and groups, or None if the user doesn't exist."""
    response = none_if_missing("NoSuchEntity", iam.get_user, UserName=name)
    return _read_user(iam, name, response["User"]) if response else None


def _read_user(iam: "IAMClient", name: str, user: "UserTypeDef") -> UserState:
    names = iam.get_paginator("list_user_policies").paginate(UserName=name)
    policies = iam.get_paginator("list_attached_user_policies").paginate(UserName=name)
    groups = iam.get_paginator("list_groups_for_user").paginate(UserName=name)
    return UserState(
        name=name,
        permissions=Permissions(
            inline=inline_documents(
                (n for page in names for n in page["PolicyNames"]),
                lambda policy: iam.get_user_policy(UserName=name, PolicyName=policy),
            ),
            attached=attached_documents(iam, [p["PolicyArn"] for page in policies for p in page["AttachedPolicies"]]),
            boundary=user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        ),
        groups=tuple(sorted(group["GroupName"] for page in groups for group in page["Groups"])),
        file_tags={tag["Key"]: tag["Value"] for tag in user.get("Tags", ())},
    )


def read_provider(iam: "IAMClient", arn: str) -> ProviderState | None:
    """Return the identity provider's audiences, or None if the provider doesn't exist."""
    parameters = {"OpenIDConnectProviderArn": arn}
    response = none_if_missing("NoSuchEntity", iam.get_open_id_connect_provider, **parameters)
    if not response:
        return None
    host = response["Url"].removeprefix("https://")
    return ProviderState(host, tuple(sorted(response.get("ClientIDList", ()))), arn)


def read_deployed(iam: "IAMClient", s3: "S3Client", target: Target) -> DeployedState:
    """Return the state of the target's user, role and bucket, None for each that doesn't exist.

    The roles of grants, users for people and providers aren't read: there may be many, and few may be asked for.
    Raises botocore's errors when one can't be read (throttling, a denied call, the network).
    """
    return DeployedState(
        user=read_user(iam, target.user_name),
        role=read_role(iam, target.role_name),
        bucket=read_bucket(s3, target.bucket, target.account),
    )


def physical_ids(cloudformation: "CloudFormationClient", stacks: Iterable[str] = STACKS) -> dict[tuple[str, str], str]:
    """Return the physical ids of the stacks' resources by (stack, logical id).

    Raises UserError when a stack isn't deployed, and botocore's errors when it can't be read.
    """
    return {
        (stack, logical_id): name for stack in stacks for logical_id, name in _resources(cloudformation, stack).items()
    }


def _resources(cloudformation: "CloudFormationClient", stack: str) -> dict[str, str]:
    from botocore.exceptions import ClientError

    try:
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        stack_resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        raise UserError(
            f"the stack {stack} isn't deployed in this account and Region; run `make deploy` (or `cdk deploy`)"
        ) from error
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in stack_resources
        if resource.get("PhysicalResourceId") and resource["ResourceStatus"] != "DELETE_COMPLETE"
    }

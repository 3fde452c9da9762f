"""User and role as IAM has them."""

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from temp_access.aws.errors import none_if_missing
from temp_access.deployment.deployed_bucket import read_bucket
from temp_access.deployment.stacks import STACKS
from temp_access.deployment.state import Deployed, Permissions, RoleState, UserState
from temp_access.deployment.target import Target
from temp_access.errors import UserError
from temp_access.iam.document import Document
from temp_access.policies.role_policy import TAG_PREFIX

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_iam import IAMClient
    from types_boto3_iam.type_defs import RoleTypeDef, UserTypeDef
    from types_boto3_s3 import S3Client


def inline(names: Iterable[str], get: Callable[[str], Any]) -> dict[str, Document]:
    """Return the inline policies' documents by name, leaving out one that is deleted meanwhile."""
    answers = {name: none_if_missing("NoSuchEntity", get, name) for name in names}
    return {name: document(answer["PolicyDocument"]) for name, answer in answers.items() if answer}


def attached(iam: "IAMClient", arns: Iterable[str]) -> dict[str, Document | None]:
    """Return the attached policies' documents by ARN; None for AWS's own, which nobody here can change."""
    return {arn: None if is_aws_managed(arn) else _default_version(iam, arn) for arn in arns}


def is_aws_managed(arn: str) -> bool:
    """Whether a managed policy is AWS's own: its ARN has `aws` in the account's place."""
    return arn.split(":")[4:5] == ["aws"]


def document(value: Any) -> Document:
    """Return a policy document as a dict; boto3 decodes those of IAM, and passes on what it can't."""
    decoded = json.loads(unquote(value)) if isinstance(value, str) else value
    return decoded if isinstance(decoded, dict) else {"Statement": decoded}


def _default_version(iam: "IAMClient", arn: str) -> Document:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return document(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def read_role(iam: "IAMClient", name: str) -> RoleState | None:
    """Return the role's policies, trust and temp-access:* tags, or None when there is no such role."""
    answer = none_if_missing("NoSuchEntity", iam.get_role, RoleName=name)
    return _read_role(iam, name, answer["Role"]) if answer else None


def _read_role(iam: "IAMClient", name: str, role: "RoleTypeDef") -> RoleState:
    names = iam.get_paginator("list_role_policies").paginate(RoleName=name)
    policies = iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
    tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", ())}
    return RoleState(
        name=name,
        permissions=Permissions(
            inline=inline(
                (n for page in names for n in page["PolicyNames"]),
                lambda policy: iam.get_role_policy(RoleName=name, PolicyName=policy),
            ),
            attached=attached(iam, [p["PolicyArn"] for page in policies for p in page["AttachedPolicies"]]),
            boundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        ),
        trust=document(role["AssumeRolePolicyDocument"]),
        max_session_duration=role["MaxSessionDuration"],
        tags={key: value for key, value in tags.items() if key.startswith(TAG_PREFIX)},
    )


def read_user(iam: "IAMClient", name: str) -> UserState | None:
    """Return the user's policies and groups, or None when there is no such user."""
    answer = none_if_missing("NoSuchEntity", iam.get_user, UserName=name)
    return _read_user(iam, name, answer["User"]) if answer else None


def _read_user(iam: "IAMClient", name: str, user: "UserTypeDef") -> UserState:
    names = iam.get_paginator("list_user_policies").paginate(UserName=name)
    policies = iam.get_paginator("list_attached_user_policies").paginate(UserName=name)
    groups = iam.get_paginator("list_groups_for_user").paginate(UserName=name)
    return UserState(
        name=name,
        permissions=Permissions(
            inline=inline(
                (n for page in names for n in page["PolicyNames"]),
                lambda policy: iam.get_user_policy(UserName=name, PolicyName=policy),
            ),
            attached=attached(iam, [p["PolicyArn"] for page in policies for p in page["AttachedPolicies"]]),
            boundary=user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        ),
        groups=tuple(sorted(group["GroupName"] for page in groups for group in page["Groups"])),
    )


def read_deployed(iam: "IAMClient", s3: "S3Client", target: Target) -> Deployed:
    """Return the state of the target's user, role and bucket; what doesn't exist is None.

    Raises botocore's errors when something can't be read (throttled, not allowed, network).
    """
    return Deployed(
        user=read_user(iam, target.user_name),
        role=read_role(iam, target.role_name),
        bucket=read_bucket(s3, target.bucket, target.account),
    )


def read_physical(cloudformation: "CloudFormationClient") -> dict[tuple[str, str], str]:
    """Return the stacks' physical ids by (stack, logical id).

    Raises UserError when a stack isn't deployed, and botocore's errors when it can't be read.
    """
    return {
        (stack, logical_id): name for stack in STACKS for logical_id, name in _resources(cloudformation, stack).items()
    }


def _resources(cloudformation: "CloudFormationClient", stack: str) -> dict[str, str]:
    from botocore.exceptions import ClientError

    try:
        # Not paginated: it gives up to 100 resources, and adding grants adds none.
        found = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        raise UserError(f"the stack {stack} isn't deployed here; run `make deploy` (or `cdk deploy`)") from error
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in found
        if resource.get("PhysicalResourceId") and resource["ResourceStatus"] != "DELETE_COMPLETE"
    }

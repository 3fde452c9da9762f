"""The role as IAM has it."""

from typing import TYPE_CHECKING

from temp_access.verify.state.deployed_policies import attached, document, inline
from temp_access.verify.state.missing import none_if_missing
from temp_access.verify.state.model import TAG_PREFIX, Permissions, RoleState

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_iam.type_defs import RoleTypeDef


def read_role(iam: "IAMClient", name: str) -> RoleState | None:
    """Return the role's policies, trust and temp-access:* tags, or None when there is no such role."""
    answer = none_if_missing("NoSuchEntity", iam.get_role, RoleName=name)
    return _read(iam, name, answer["Role"]) if answer else None


def _read(iam: "IAMClient", name: str, role: "RoleTypeDef") -> RoleState:
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

"""The user as IAM has it."""

from typing import TYPE_CHECKING

from temp_access.verify.state.deployed_policies import attached, inline
from temp_access.verify.state.missing import none_if_missing
from temp_access.verify.state.model import Permissions, UserState

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_iam.type_defs import UserTypeDef


def read_user(iam: "IAMClient", name: str) -> UserState | None:
    """Return the user's policies and groups, or None when there is no such user."""
    answer = none_if_missing("NoSuchEntity", iam.get_user, UserName=name)
    return _read(iam, name, answer["User"]) if answer else None


def _read(iam: "IAMClient", name: str, user: "UserTypeDef") -> UserState:
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

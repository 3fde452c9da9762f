"""No principal can give itself or others more access, by changing policies, passing roles or assuming any role.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

import re
from collections.abc import Iterator

from temp_access.iam.statements import StatementView
from temp_access.lint.actions import named_actions
from temp_access.lint.model import Violation

_NAMES = """
AddUserToGroup AttachGroupPolicy AttachRolePolicy AttachUserPolicy CreateAccessKey CreateLoginProfile
CreatePolicyVersion DeleteRolePermissionsBoundary DeleteUserPermissionsBoundary PassRole PutGroupPolicy
PutRolePermissionsBoundary PutRolePolicy PutUserPermissionsBoundary PutUserPolicy SetDefaultPolicyVersion
UpdateAssumeRolePolicy UpdateLoginProfile
"""
_ESCALATING = tuple(f"iam:{name}" for name in _NAMES.split())
# Its own access keys and password give a user no more access, and neither does passing its own role.
_ESCALATING_ITSELF = tuple(name for name in _ESCALATING if not name.endswith(("AccessKey", "LoginProfile", "PassRole")))
_ANY_ROLE = r"\*|arn:[^:]*:iam::[^:]*:(role/?)?\*"
_LIMITS = ("iam:permissionsboundary", "iam:policyarn", "iam:passedtoservice", "iam:resourcetag/", "aws:resourcetag/")


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each action that leads to more access than the policy shows."""
    if not statement.allow or any(c.is_restrictive and c.lower_key.startswith(_LIMITS) for c in statement.conditions):
        return
    wide = statement.not_resource or any(map(_is_wide, statement.resources))
    if not wide and not any(_is_holder(statement, resource) for resource in statement.resources):
        return
    escalating = list(named_actions(statement, _ESCALATING if wide else _ESCALATING_ITSELF))
    for action in escalating:
        resource = "one resource" if wide else "another resource"
        message = f"{action} lets its holder become administrator; name {resource}, or require a permissions boundary"
        yield Violation(action, message)
    # A pattern such as cdk-* names roles, and the NotAction of PowerUserAccess excludes iam:* on purpose.
    if not statement.not_action and any(re.fullmatch(_ANY_ROLE, resource) for resource in statement.resources):
        for action in named_actions(statement, ["sts:AssumeRole"]):
            if action not in escalating:
                yield Violation(
                    action, f"{action} lets its holder assume every role that trusts the account; name the roles"
                )


def _is_wide(resource: str) -> bool:
    # The wildcard must be in the name of an IAM resource: `arn:aws:s3:::bucket/*` isn't one, and with a wildcard for
    # the account, `role/x` is still one role of this account.
    parts = resource.split(":", 5)
    return "*" in (parts[5] if len(parts) == 6 else resource) and parts[2:3] in ([], ["iam"], ["*"])


def _is_holder(statement: StatementView, resource: str) -> bool:
    if "${aws:username}" in resource.lower():
        return True
    is_iam = resource.split(":")[2:3] == ["iam"]
    return any(
        resource == f"<{holder.strip('<>')}.Arn>" or (is_iam and resource.endswith(f"/{holder}"))
        for holder in statement.holders
    )

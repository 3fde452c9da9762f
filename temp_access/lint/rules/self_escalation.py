"""Nobody may give itself or another more than it has: change policies or pass roles, on more than one named resource.

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
# Own access keys and an own password give a user nothing more, nor does a role that is passed on as it is.
_OF_ITSELF = tuple(name for name in _ESCALATING if not name.endswith(("AccessKey", "LoginProfile", "PassRole")))
_ANY_ROLE = r"\*|arn:[^:]*:iam::[^:]*:(role/?)?\*"
_LIMITS = ("iam:permissionsboundary", "iam:policyarn", "iam:passedtoservice", "iam:resourcetag/", "aws:resourcetag/")


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each action that leads to more access than the policy shows."""
    if not statement.allow or any(c.is_restrictive and c.lower_key.startswith(_LIMITS) for c in statement.conditions):
        return
    wide = statement.not_resource or any(map(_is_wide, statement.resources))
    if not wide and not any(_is_holder(statement, resource) for resource in statement.resources):
        return
    found = list(named_actions(statement, _ESCALATING if wide else _OF_ITSELF))
    for action in found:
        do = f"name {'one' if wide else 'another'} resource, or ask for a boundary"
        yield Violation(action, f"{action} lets its holder make itself administrator; {do}")
    # Some roles, like cdk-*, are named; and NotAction, as in PowerUserAccess, leaves all of this out on purpose.
    if not statement.not_action and any(re.fullmatch(_ANY_ROLE, resource) for resource in statement.resources):
        for action in named_actions(statement, ["sts:AssumeRole"]):
            if action not in found:
                yield Violation(
                    action, f"{action} lets its holder become any role that trusts the account; name the roles"
                )


def _is_wide(resource: str) -> bool:
    # The wildcard must be in IAM's own names: `arn:aws:s3:::bucket/*` is none of its resources, and of whatever
    # account, `role/x` is one role of this one.
    parts = resource.split(":", 5)
    return "*" in (parts[5] if len(parts) == 6 else resource) and parts[2:3] in ([], ["iam"], ["*"])


def _is_holder(statement: StatementView, resource: str) -> bool:
    if "${aws:username}" in resource.lower():
        return True
    is_iams = resource.split(":")[2:3] == ["iam"]
    return any(
        resource == f"<{h.strip('<>')}.Arn>" or (is_iams and resource.endswith(f"/{h}")) for h in statement.holders
    )

"""Nobody may give itself or another more than it has: change policies or pass roles, on more than one named resource.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from collections.abc import Iterator

from temp_access.lint.model import Fault, Statement
from temp_access.lint.names import named

_NAMES = """
AddUserToGroup AttachGroupPolicy AttachRolePolicy AttachUserPolicy CreateAccessKey CreateLoginProfile
CreatePolicyVersion DeleteRolePermissionsBoundary DeleteUserPermissionsBoundary PassRole PutGroupPolicy
PutRolePermissionsBoundary PutRolePolicy PutUserPermissionsBoundary PutUserPolicy SetDefaultPolicyVersion
UpdateAssumeRolePolicy UpdateLoginProfile
"""
_ESCALATING = tuple(f"iam:{name}" for name in _NAMES.split())
# Own access keys and an own password give a user nothing more.
_OF_ITSELF = tuple(name for name in _ESCALATING if not name.endswith(("AccessKey", "LoginProfile")))
_LIMITS = frozenset(["iam:permissionsboundary", "iam:policyarn", "iam:passedtoservice"])


def check(statement: Statement) -> Iterator[Fault]:
    """Yield each action that leads to more access than the policy shows."""
    if not statement.allow or any(c.asks and c.key in _LIMITS for c in statement.conditions):
        return
    if statement.not_resource or any(map(_is_wide, statement.resources)):
        actions = _ESCALATING
    elif any("${aws:username}" in resource.lower() for resource in statement.resources):
        actions = _OF_ITSELF
    else:
        return
    for action in named(statement, actions):
        yield Fault(
            action, f"{action} lets its holder make itself administrator; name one resource, or ask for a boundary"
        )


def _is_wide(resource: str) -> bool:
    # The wildcard must be in IAM's own names: `arn:aws:s3:::bucket/*` is none of its resources.
    service = resource.split(":")[2:3]
    return "*" in resource and (service in ([], ["iam"], ["*"]))

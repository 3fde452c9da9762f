"""No principal can give itself or others more access, by changing policies, passing roles or assuming any role.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from collections.abc import Iterator

from temp_access.iam.statements import PolicyType, StatementView
from temp_access.lint.actions import named_actions
from temp_access.lint.meaning.conditions import limits
from temp_access.lint.meaning.patterns import has_wildcard, resource_matches, text_matches
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
_ROLES = ("a", "Zz-9", "path/x_1", "0")
_FIELDS = 6
_LIMITS = ("iam:permissionsboundary", "iam:policyarn", "iam:passedtoservice", "iam:resourcetag/", "aws:resourcetag/")
# The key that limits an action, by the beginning of the action's name.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
_LIMITING_KEYS = {
    "iam:passrole": "iam:PassedToService",
    "iam:attach": "iam:PolicyARN",
    "iam:putuser": "iam:PermissionsBoundary",
    "iam:putrole": "iam:PermissionsBoundary",
}


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each action that leads to more access than the policy shows."""
    # The policy of a resource, such as a key, allows nothing in IAM.
    if not statement.allow or statement.kind in (PolicyType.RESOURCE, PolicyType.TRUST):
        return
    limiting = [each for each in statement.conditions if each.lower_key.startswith(_LIMITS)]
    if any(limits(statement.conditions, each.lower_key) for each in limiting):
        return
    loose = f" under {' and '.join(each.text for each in limiting)}" if limiting else ""
    wide = [each for each in statement.resources if _is_wide(each)] if not statement.not_resource else ["NotResource"]
    if not wide and not any(_is_holder(statement, resource) for resource in statement.resources):
        return
    escalating = list(named_actions(statement, _ESCALATING if wide else _ESCALATING_ITSELF))
    for action in escalating:
        target = f"on {wide[0]}" if wide else "on the holder itself"
        resource = "one resource" if wide else "another resource"
        key = next((key for start, key in _LIMITING_KEYS.items() if action.lower().startswith(start)), None)
        limit = f", or require a fixed {key}" if key else ""
        yield Violation(action, f"{action} {target}{loose} can make its holder administrator; name {resource}{limit}")
    # A pattern such as cdk-* names roles, and the NotAction of PowerUserAccess excludes iam:* on purpose.
    if not statement.not_action and any(map(_is_every_role, statement.resources)):
        for action in named_actions(statement, ["sts:AssumeRole"]):
            if action not in escalating:
                yield Violation(
                    action, f"{action} lets its holder assume every role that trusts the account; name the roles"
                )


def _is_wide(resource: str) -> bool:
    # The wildcard must be in the name of an IAM resource: `arn:aws:s3:::bucket/*` isn't one. With a wildcard for the
    # account, `role/x` is still one role of this account, and so is `role/*/x`: names are unique whatever their path.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    fields = resource.split(":", _FIELDS - 1)
    if len(fields) > 2 and not text_matches(fields[2], "iam"):
        return False
    if fields[0] != "arn":
        return has_wildcard(resource)
    type_, _, name = fields[-1].partition("/")
    return len(fields) < _FIELDS or has_wildcard(type_) or has_wildcard(name.rpartition("/")[2])


def _is_every_role(resource: str) -> bool:
    fields = resource.split(":", _FIELDS - 1)
    account = fields[4] if len(fields) == _FIELDS and not has_wildcard(fields[4]) else "111122223333"
    partition = fields[1] if len(fields) > 1 and not has_wildcard(fields[1]) else "aws"
    partition = partition.replace("<AWS.Partition>", "aws")
    return all(resource_matches(resource, f"arn:{partition}:iam::{account}:role/{name}") for name in _ROLES)


def _is_holder(statement: StatementView, resource: str) -> bool:
    if "${aws:username}" in resource.lower():
        return True
    is_iam = resource.split(":")[2:3] == ["iam"]
    return any(
        resource == f"<{holder.strip('<>')}.Arn>" or (is_iam and resource.endswith(f"/{holder}"))
        for holder in statement.holders
    )

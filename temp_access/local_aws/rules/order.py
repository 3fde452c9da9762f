"""The rules for each action, in the order in which AWS applies them: parameters, then permissions, then limits."""

from collections.abc import Callable, Collection, Mapping

from temp_access.local_aws.rules import assume_role, iam, session_policy, sts_parameters
from temp_access.local_aws.rules.call import AwsError, Call, RoleRecord

RoleLookup = Callable[[str], RoleRecord | None]
PermissionCheck = Callable[[Call, RoleRecord, str], bool]
_PARAMETER_RULES: dict[str, tuple[Callable[[Call], None], ...]] = {
    "AssumeRole": (
        sts_parameters.assume_role_duration,
        sts_parameters.role_session_name,
        sts_parameters.source_identity,
        sts_parameters.external_id,
        sts_parameters.session_tags,
        session_policy.characters,
        session_policy.size,
        session_policy.grammar,
    ),
    "GetSessionToken": (sts_parameters.session_token_duration,),
    "GetFederationToken": (
        sts_parameters.session_token_duration,
        sts_parameters.session_tags,
        session_policy.characters,
        session_policy.size,
        session_policy.grammar,
        session_policy.packed_size,
    ),
    "GetCallerIdentity": (),
    "GetAccessKeyInfo": (),
}


def check_sts(call: Call, role_of: RoleLookup, allows_on_role: PermissionCheck) -> None:
    """Raise the AwsError of the first rule that a call of STS breaks."""
    if call.action not in _PARAMETER_RULES:
        # ministack verifies no assertions of SAML; `web_identity` answers the action that takes tokens.
        raise AwsError("InvalidAction", f"The local AWS does not answer {call.action}")
    for rule in _PARAMETER_RULES[call.action]:
        rule(call)
    if call.action == "AssumeRole":
        _check_assume_role(call, role_of(call.get("RoleArn") or ""), allows_on_role)


def _check_assume_role(call: Call, role: RoleRecord | None, allows_on_role: PermissionCheck) -> None:
    assume_role.source_identity_change(call)
    for action in assume_role.required_actions(call):
        if role is None or not allows_on_role(call, role, action):
            raise assume_role.access_denied(call, action)
    if role is not None:
        assume_role.role_chaining_limit(call)
        assume_role.role_maximum(call, role)
    session_policy.packed_size(call)


def check_iam(
    call: Call,
    principal_exists: Callable[[str], bool],
    key_owners: Mapping[str, str],
    names: Mapping[str, Collection[str]],
) -> str | None:
    """Raise the AwsError of the first rule that a call of IAM breaks.

    Returns the name of the user that the call implies without naming it; `key_owners` has the user of each access key,
    `names` the existing roles and users by parameter.
    """
    iam.documents_are_json(call)
    iam.name_is_free(call, names)
    if call.action in ("CreateRole", "UpdateRole"):
        iam.role_maximum_range(call)
    if call.action in ("CreateRole", "UpdateAssumeRolePolicy"):
        iam.trust_principals_exist(call, principal_exists)
    implied = iam.implied_user(call)
    user = implied or call.get("UserName") or ""
    iam.access_key_owner(call, user, key_owners)
    iam.access_key_quota(call, user, key_owners)
    return implied

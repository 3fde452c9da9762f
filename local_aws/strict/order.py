"""The rules of each action, in the order in which AWS answers: shape first, then permission, then limits."""

from collections.abc import Callable, Mapping

from local_aws.strict import access_keys, assume_role, parameters, roles, session_policy
from local_aws.strict.call import Call, RoleRecord
from local_aws.strict.refusal import AwsError

RoleOf = Callable[[str], RoleRecord | None]
Allowed = Callable[[Call, RoleRecord, str], bool]

_SHAPE: dict[str, tuple[Callable[[Call], None], ...]] = {
    "AssumeRole": (
        parameters.assume_role_duration,
        parameters.role_session_name,
        parameters.source_identity,
        parameters.external_id,
        parameters.session_tags,
        session_policy.characters,
        session_policy.size,
        session_policy.grammar,
    ),
    "GetSessionToken": (parameters.session_token_duration,),
    "GetFederationToken": (
        parameters.session_token_duration,
        parameters.session_tags,
        session_policy.characters,
        session_policy.size,
        session_policy.grammar,
        session_policy.packed_size,
    ),
    "GetCallerIdentity": (),
    "GetAccessKeyInfo": (),
}


def check_sts(call: Call, role_of: RoleOf, allowed: Allowed) -> None:
    """Raise the Refusal of the first rule that a call of STS breaks."""
    if call.action not in _SHAPE:
        # The others trust tokens of other issuers, which ministack doesn't verify.
        raise AwsError("InvalidAction", f"The local AWS does not answer {call.action}")
    for rule in _SHAPE[call.action]:
        rule(call)
    if call.action == "AssumeRole":
        _check_assume_role(call, role_of(call.get("RoleArn") or ""), allowed)


def _check_assume_role(call: Call, role: RoleRecord | None, allowed: Allowed) -> None:
    assume_role.kept_source_identity(call)
    for action in assume_role.needed_actions(call):
        if role is None or not allowed(call, role, action):
            raise assume_role.denied(call, action)
    if role is not None:
        assume_role.chaining_limit(call)
        assume_role.role_maximum(call, role)
    session_policy.packed_size(call)


def check_iam(call: Call, principal_exists: Callable[[str], bool], key_owners: Mapping[str, str]) -> str | None:
    """Raise the Refusal of the first rule that a call of IAM breaks; return the user that it means but doesn't name."""
    if call.action in ("CreateRole", "UpdateRole"):
        roles.maximum_in_range(call)
    if call.action in ("CreateRole", "UpdateAssumeRolePolicy"):
        roles.principals_exist(call, principal_exists)
    implied = access_keys.implied_user(call)
    user = implied or call.get("UserName") or ""
    access_keys.key_of_the_user(call, user, key_owners)
    access_keys.two_keys_at_most(call, user, key_owners)
    return implied

"""The rules of each action, in the order in which AWS answers: shape first, then permission, then limits."""

from collections.abc import Callable, Mapping

from temp_access.local_aws.rules import assume_role, iam, session_policy, sts_parameters
from temp_access.local_aws.rules.call import AwsError, Call, RoleRecord

RoleOf = Callable[[str], RoleRecord | None]
Allowed = Callable[[Call, RoleRecord, str], bool]
_SHAPE: dict[str, tuple[Callable[[Call], None], ...]] = {
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
        iam.maximum_in_range(call)
    if call.action in ("CreateRole", "UpdateAssumeRolePolicy"):
        iam.principals_exist(call, principal_exists)
    implied = iam.implied_user(call)
    user = implied or call.get("UserName") or ""
    iam.key_of_the_user(call, user, key_owners)
    iam.two_keys_at_most(call, user, key_owners)
    return implied

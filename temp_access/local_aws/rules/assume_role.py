"""Which permissions and durations AssumeRole allows, and which actions temporary credentials may not call."""

from temp_access.iam.sts_limits import DEFAULT_DURATION, MAX_CHAINED_DURATION
from temp_access.local_aws.rules.call import AwsError, Call, Caller, RoleRecord
from temp_access.local_aws.rules.sts_parameters import integer_parameter


def role_maximum(call: Call, role: RoleRecord) -> None:
    """DurationSeconds may not exceed the role's MaxSessionDuration.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html
    """
    if _duration(call) > role.max_session_duration:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )


def role_chaining_limit(call: Call) -> None:
    """A session that temporary credentials open with AssumeRole lasts at most one hour.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
    """
    if call.caller.credential_type != "user" and _duration(call) > MAX_CHAINED_DURATION:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )


def _duration(call: Call) -> int:
    return integer_parameter(call, "DurationSeconds") or DEFAULT_DURATION


def source_identity_change(call: Call) -> None:
    """Role chaining can't change the source identity.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    """
    new, current = call.get("SourceIdentity"), call.caller.source_identity
    if new is not None and current is not None and new != current:
        raise access_denied(call, "sts:SetSourceIdentity")


def required_actions(call: Call) -> list[str]:
    """Return the actions that the caller needs on the role: session tags and a source identity have their own.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#ck_setsourceidentity
    """
    actions = ["sts:AssumeRole"]
    if call.tags:
        actions.append("sts:TagSession")
    if call.source_identity is not None:
        actions.append("sts:SetSourceIdentity")
    return actions


def access_denied(call: Call, action: str) -> AwsError:
    """Return the denial, which is the same for a role that doesn't exist."""
    return AwsError(
        "AccessDenied",
        f"User: {call.caller.arn} is not authorized to perform: {action} on resource: {call.get('RoleArn')}",
        403,
    )


def session_token_limits(caller: Caller, action: str) -> None:
    """GetSessionToken credentials without MFA can't call IAM, nor STS except AssumeRole and GetCallerIdentity.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """
    if caller.credential_type == "session token":
        _limit_actions(action, {"sts:AssumeRole", "sts:GetCallerIdentity"})


def federation_token_limits(caller: Caller, action: str) -> None:
    """GetFederationToken credentials can't call IAM, nor STS except GetCallerIdentity.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    """
    if caller.credential_type == "federated":
        _limit_actions(action, {"sts:GetCallerIdentity"})


def _limit_actions(action: str, allowed_sts_actions: set[str]) -> None:
    service, _, name = action.partition(":")
    if service == "iam":
        raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid", 403)
    if service == "sts" and action not in allowed_sts_actions:
        raise AwsError("AccessDenied", f"Cannot call {name} with session credentials", 403)

"""Who, for how long; what temporary credentials may not call."""

from temp_access.local_aws.rules.call import AwsError, Call, Caller, RoleRecord
from temp_access.local_aws.rules.sts_parameters import whole_number


def role_maximum(call: Call, role: RoleRecord) -> None:
    """DurationSeconds may not exceed the role's own maximum.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html
    """
    if (whole_number(call, "DurationSeconds") or 3600) > role.max_session_duration:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )


def chaining_limit(call: Call) -> None:
    """Temporary credentials get at most an hour out of AssumeRole.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
    """
    if call.caller.kind != "user" and (whole_number(call, "DurationSeconds") or 3600) > 3600:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )


def kept_source_identity(call: Call) -> None:
    """A source identity stays the same down a chain of roles.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    """
    wanted, had = call.get("SourceIdentity"), call.caller.source_identity
    if wanted is not None and had is not None and wanted != had:
        raise denied(call, "sts:SetSourceIdentity")


def needed_actions(call: Call) -> list[str]:
    """Return what the caller must be allowed on the role: tags and a source identity need actions of their own.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#ck_setsourceidentity
    """
    actions = ["sts:AssumeRole"]
    if call.tags:
        actions.append("sts:TagSession")
    if effective_source_identity(call) is not None:
        actions.append("sts:SetSourceIdentity")
    return actions


def effective_source_identity(call: Call) -> str | None:
    """Return the source identity that the new session gets."""
    return call.get("SourceIdentity") or call.caller.source_identity


def denied(call: Call, action: str) -> AwsError:
    """Return the refusal that also hides whether the role exists."""
    return AwsError(
        "AccessDenied",
        f"User: {call.caller.arn} is not authorized to perform: {action} on resource: {call.get('RoleArn')}",
        403,
    )


def session_token_limits(caller: Caller, action: str) -> None:
    """GetSessionToken credentials without MFA can't call IAM, nor STS except AssumeRole and GetCallerIdentity.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """
    if caller.kind == "session token":
        _only(action, {"sts:AssumeRole", "sts:GetCallerIdentity"})


def federation_token_limits(caller: Caller, action: str) -> None:
    """GetFederationToken credentials can't call IAM, nor STS except GetCallerIdentity.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    """
    if caller.kind == "federated":
        _only(action, {"sts:GetCallerIdentity"})


def _only(action: str, allowed: set[str]) -> None:
    service, _, name = action.partition(":")
    if service == "iam":
        raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid", 403)
    if service == "sts" and action not in allowed:
        raise AwsError("AccessDenied", f"Cannot call {name} with session credentials", 403)

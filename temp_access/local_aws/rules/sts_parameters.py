"""The constraints that the STS API puts on the parameters of AssumeRole, GetSessionToken and GetFederationToken."""

import re

from temp_access.iam.sts_limits import (
    MAX_DURATION,
    MAX_SESSION_NAME,
    MAX_SESSION_TOKEN_DURATION,
    MIN_DURATION,
)
from temp_access.local_aws.rules.call import AwsError, Call, constraint_error


def integer_parameter(call: Call, name: str) -> int | None:
    """Return the parameter's number, or None when it wasn't sent; raises AwsError unless it's an integer."""
    value = call.get(name)
    if value is None:
        return None
    if not re.fullmatch(r"-?\d{1,10}", value):
        raise AwsError("MalformedInput", f"{name} must be a number")
    return int(value)


def check_range(call: Call, parameter: str, minimum: int, maximum: int) -> None:
    """Raise AwsError for a number outside the range, bounds included."""
    number = integer_parameter(call, parameter)
    if number is not None and number < minimum:
        constraint = f"Member must have value greater than or equal to {minimum}"
        raise constraint_error(number, _member(parameter), constraint)
    if number is not None and number > maximum:
        raise constraint_error(number, _member(parameter), f"Member must have value less than or equal to {maximum}")


def _check_string(call: Call, parameter: str, pattern: str, minimum: int, maximum: int) -> None:
    value, name = call.get(parameter), _member(parameter)
    if value is None:
        return
    if len(value) < minimum:
        raise constraint_error(value, name, f"Member must have length greater than or equal to {minimum}")
    if len(value) > maximum:
        raise constraint_error(value, name, f"Member must have length less than or equal to {maximum}")
    if not re.fullmatch(pattern, value, re.ASCII):
        raise constraint_error(value, name, f"Member must satisfy regular expression pattern: {pattern}")


def _member(parameter: str) -> str:
    """Return the parameter as error messages spell it."""
    return parameter[0].lower() + parameter[1:]


def assume_role_duration(call: Call) -> None:
    """DurationSeconds of AssumeRole is 900 to 43200.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    check_range(call, "DurationSeconds", MIN_DURATION, MAX_DURATION)


def web_identity_parameters(call: Call) -> None:
    """AssumeRoleWithWebIdentity has AssumeRole's duration and name, a role, and a token of 4 to 20000 characters.

    Only tokens that aren't OpenID Connect's have a ProviderId.
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    """
    assume_role_duration(call)
    role_session_name(call)
    for name in ("RoleArn", "WebIdentityToken"):
        if not call.get(name):
            raise constraint_error("null", _member(name), "Member must not be null")
    _check_string(call, "WebIdentityToken", r"(?s:.*)", 4, 20_000)
    if call.get("ProviderId") is not None:
        raise AwsError(
            "InvalidIdentityToken", f"The local AWS takes no tokens of the provider {call.get('ProviderId')}"
        )


def session_token_duration(call: Call) -> None:
    """DurationSeconds of GetSessionToken and GetFederationToken is 900 to 129600.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """
    check_range(call, "DurationSeconds", MIN_DURATION, MAX_SESSION_TOKEN_DURATION)


def role_session_name(call: Call) -> None:
    r"""A role session name is required and has 2 to 64 characters of `[\w+=,.@-]`.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    if call.get("RoleSessionName") is None:
        raise constraint_error("null", "roleSessionName", "Member must not be null")
    _check_string(call, "RoleSessionName", r"[\w+=,.@-]*", 2, MAX_SESSION_NAME)


def source_identity(call: Call) -> None:
    r"""A source identity has 2 to 64 characters of `[\w+=,.@-]`, so it can't begin with `aws:`.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    _check_string(call, "SourceIdentity", r"[\w+=,.@-]*", 2, MAX_SESSION_NAME)


def external_id(call: Call) -> None:
    r"""An external id has 2 to 1224 characters of `[\w+=,.@:\/-]`.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    _check_string(call, "ExternalId", r"[\w+=,.@:\/-]*", 2, 1224)


def session_tags(call: Call) -> None:
    """A session has at most 50 session tags, with keys of 1 to 128 and values of up to 256 characters.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    if len(call.tags) > 50:
        raise constraint_error(len(call.tags), "tags", "Member must have length less than or equal to 50")
    for key, value in call.tags.items():
        if not 1 <= len(key) <= 128:
            raise constraint_error(key, "tags.member.key", "Member must have length between 1 and 128")
        if len(value) > 256:
            raise constraint_error(value, "tags.member.value", "Member must have length less than or equal to 256")

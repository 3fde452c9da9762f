"""What the STS model says about each parameter of AssumeRole and its siblings."""

import re

from temp_access.local_aws.rules.call import AwsError, Call, constraint


def whole_number(call: Call, name: str) -> int | None:
    """Return the number sent, or None; anything but digits is malformed."""
    text = call.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"-?\d{1,10}", text):
        raise AwsError("MalformedInput", f"{name} must be a number")
    return int(text)


def duration_within(call: Call, lowest: int, highest: int) -> None:
    """Refuse DurationSeconds outside the model's range."""
    seconds = whole_number(call, "DurationSeconds")
    if seconds is not None and seconds < lowest:
        raise constraint(seconds, "durationSeconds", f"Member must have value greater than or equal to {lowest}")
    if seconds is not None and seconds > highest:
        raise constraint(seconds, "durationSeconds", f"Member must have value less than or equal to {highest}")


def assume_role_duration(call: Call) -> None:
    """AssumeRole takes 900 to 43200 seconds.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    duration_within(call, 900, 43200)


def session_token_duration(call: Call) -> None:
    """GetSessionToken and GetFederationToken take 900 to 129600 seconds.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """
    duration_within(call, 900, 129600)


def _shaped(call: Call, parameter: str, allowed: str, shortest: int, longest: int) -> None:
    value = call.get(parameter)
    if value is None:
        return
    name = parameter[0].lower() + parameter[1:]
    if len(value) < shortest:
        raise constraint(value, name, f"Member must have length greater than or equal to {shortest}")
    if len(value) > longest:
        raise constraint(value, name, f"Member must have length less than or equal to {longest}")
    if not re.fullmatch(allowed, value, re.ASCII):
        raise constraint(value, name, f"Member must satisfy regular expression pattern: {allowed}")


def role_session_name(call: Call) -> None:
    r"""A role session name is required: 2 to 64 characters of `[\w+=,.@-]`.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    if call.get("RoleSessionName") is None:
        raise constraint("null", "roleSessionName", "Member must not be null")
    _shaped(call, "RoleSessionName", r"[\w+=,.@-]*", 2, 64)


def source_identity(call: Call) -> None:
    r"""A source identity has 2 to 64 characters of `[\w+=,.@-]`, and so can't start with `aws:`.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    _shaped(call, "SourceIdentity", r"[\w+=,.@-]*", 2, 64)


def external_id(call: Call) -> None:
    r"""An external id has 2 to 1224 characters of `[\w+=,.@:\/-]`.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    _shaped(call, "ExternalId", r"[\w+=,.@:\/-]*", 2, 1224)


def session_tags(call: Call) -> None:
    """At most 50 session tags, with keys up to 128 and values up to 256 characters.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    if len(call.tags) > 50:
        raise constraint(len(call.tags), "tags", "Member must have length less than or equal to 50")
    for key, value in call.tags.items():
        if not 1 <= len(key) <= 128:
            raise constraint(key, "tags.member.key", "Member must have length between 1 and 128")
        if len(value) > 256:
            raise constraint(value, "tags.member.value", "Member must have length less than or equal to 256")

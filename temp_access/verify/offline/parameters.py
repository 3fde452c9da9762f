"""The rules of STS on the parameters of AssumeRole, in the order in which it checks them."""

import re
from functools import lru_cache

from temp_access.iam.decision import Layer
from temp_access.iam.document import MalformedPolicy, Policy
from temp_access.iam.parser import parse_policy
from temp_access.iam.sts_limits import (
    DEFAULT_DURATION,
    EXTERNAL_ID_PATTERN,
    MAX_CHAINED_DURATION,
    MAX_DURATION,
    MIN_DURATION,
    SESSION_NAME_PATTERN,
)
from temp_access.policies.checks import MAX_SESSION_POLICY
from temp_access.verify.probes import AssumeCall

_SESSION_NAME = re.compile(SESSION_NAME_PATTERN, re.ASCII)
_EXTERNAL_ID = re.compile(EXTERNAL_ID_PATTERN, re.ASCII)


def parameter_error(call: AssumeCall, *, role_maximum: int, chained: bool) -> tuple[str, str] | None:
    """Return the error code and message with which STS refuses the parameters of `call`, None if they are valid.

    `role_maximum` is the role's maximum session duration in seconds; `chained` is True if the caller's own
    credentials are temporary.
    """
    duration = DEFAULT_DURATION if call.duration is None else call.duration
    if not MIN_DURATION <= duration <= MAX_DURATION:
        return "ValidationError", f"the duration {duration} s isn't from {MIN_DURATION} to {MAX_DURATION} s"
    if duration > role_maximum:
        return "ValidationError", f"the duration {duration} s is over the role's maximum, {role_maximum} s"
    if chained and duration > MAX_CHAINED_DURATION:
        message = f"the duration {duration} s is over {MAX_CHAINED_DURATION} s, the maximum for chained sessions"
        return "ValidationError", message
    for name, value, pattern in (
        ("session name", call.session_name, _SESSION_NAME),
        ("source identity", call.source_identity, _SESSION_NAME),
        ("external id", call.external_id, _EXTERNAL_ID),
    ):
        if value is not None and not pattern.fullmatch(value):
            return "ValidationError", f"the {name} has a form that STS doesn't accept"
    return None if call.policy is None else _session_policy_error(call.policy)


def _session_policy_error(policy: str) -> tuple[str, str] | None:
    if len(policy) > MAX_SESSION_POLICY:
        return (
            "ValidationError",
            f"the session policy has {len(policy)} characters; the maximum is {MAX_SESSION_POLICY}",
        )
    try:
        parsed_session_policy(policy)
    except MalformedPolicy as error:
        return "MalformedPolicyDocument", str(error)
    return None


# A grant's session policy is sent to STS and then limits the session: parsed once for both.
@lru_cache(maxsize=8)
def parsed_session_policy(policy: str) -> Policy:
    """Return a session policy; raises MalformedPolicy."""
    return parse_policy(policy, Layer.SESSION)

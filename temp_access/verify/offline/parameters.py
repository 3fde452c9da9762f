"""The parameter rules of sts:AssumeRole, which are checked before any policy is asked.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

import re

from temp_access.policy.decision import Layer
from temp_access.policy.document import MalformedPolicy
from temp_access.policy.limits import SESSION_POLICY
from temp_access.policy.parse import parse_policy
from temp_access.verify.model import AssumeCall

_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_SHORTEST, _CHAINED, _LONGEST, _DEFAULT = 900, 3600, 43200, 3600


def parameter_error(call: AssumeCall, *, role_maximum: int, chained: bool) -> tuple[str, str] | None:
    """Return (code, message) of the refusal that `call`'s parameters lead to, None if they are fine.

    `role_maximum` is the role's maximum session duration in seconds; `chained` says that the caller's
    own credentials are temporary.
    """
    duration = _DEFAULT if call.duration is None else call.duration
    if not _SHORTEST <= duration <= _LONGEST:
        return "ValidationError", f"the duration {duration} s isn't from {_SHORTEST} to {_LONGEST} s"
    if duration > role_maximum:
        return "ValidationError", f"the duration {duration} s is over the role's maximum, {role_maximum} s"
    if chained and duration > _CHAINED:
        return "ValidationError", f"the duration {duration} s is over {_CHAINED} s, the most for chained sessions"
    for name, value, form in (
        ("session name", call.session_name, _NAME),
        ("source identity", call.source_identity, _NAME),
        ("external id", call.external_id, _EXTERNAL_ID),
    ):
        if value is not None and not form.fullmatch(value):
            return "ValidationError", f"the {name} has a form that STS doesn't take"
    return None if call.policy is None else _policy_error(call.policy)


def _policy_error(policy: str) -> tuple[str, str] | None:
    if len(policy) > SESSION_POLICY:
        return "ValidationError", f"the session policy has {len(policy)} characters, {SESSION_POLICY} are the most"
    try:
        parse_policy(policy, Layer.SESSION)
    except MalformedPolicy as error:
        return "MalformedPolicyDocument", str(error)
    return None

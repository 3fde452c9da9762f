"""Condition keys that follow from the caller: what a caller is decides them, so that a request can't choose them."""

from collections.abc import Iterable

from temp_access.iam.callers import IAM, caller_kind
from temp_access.iam.condition_keys import CONDITION_KEYS
from temp_access.iam.request import Request
from temp_access.iam.unknown import UnknownValue
from temp_access.review.compare.key_values import KeyValue, PolicyCondition

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties
_FROM_CALLER = ("aws:principal", "aws:username", "aws:userid", "aws:resourceaccount", "s3:resourceaccount")
_TAG, _USER_ID = "aws:principaltag/", "aws:userid"
_SESSION_NAME = "sts:rolesessionname"


def follows_from_caller(key: str, request: Request) -> bool:
    """Whether the caller of `request` has one known value, or none, for `key` (in lower case).

    Neither an ARN nor the templates show tags, ids and organizations: a caller with credentials can have any of them.
    """
    kind = caller_kind(request.principal)
    if key.startswith(_TAG):
        return kind not in IAM
    known = CONDITION_KEYS.get(key)
    if known is None:
        return False
    if known.availability(kind) is None:
        return True
    return describes_caller(key) and not (kind in IAM and isinstance(known.default(request), UnknownValue))


def describes_caller(key: str) -> bool:
    """Whether `key` (in lower case) says who calls, not how."""
    return key.startswith(_FROM_CALLER)


def is_always_present(key: str, request: Request) -> bool:
    """Whether every request of such a caller has `key` (in lower case)."""
    known = CONDITION_KEYS.get(key)
    if known is not None and known.availability(caller_kind(request.principal)) is UnknownValue.PRESENT:
        return True
    return key == _SESSION_NAME and request.action.lower().startswith("sts:assumerole")


def caller_values(key: str, conditions: Iterable[PolicyCondition], request: Request) -> list[str]:
    """Return values that the caller itself can have for `key`, with the ids that `conditions` name."""
    if key != _USER_ID:
        return []
    session = _session_name(request)
    if not session:
        return ["AIDAEXAMPLE"]
    written = (text.partition(":")[0] for each in conditions for text in each.entry.values if ":" in text)
    ids = (id_.replace("*", "EXAMPLE").replace("?", "X") for id_ in written)
    return [f"{id_}:{session}" for id_ in ("AROAEXAMPLE", *ids)]


def is_possible(key: str, value: KeyValue, request: Request) -> bool:
    """Whether the caller of `request` can have the value: an id of a session ends with the session's name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
    """
    if key != _USER_ID or not isinstance(value, str):
        return True
    return value.partition(":")[2] == _session_name(request)


def _session_name(request: Request) -> str:
    return request.principal.rpartition("/")[2] if ":assumed-role/" in request.principal else ""

"""Condition keys that follow from the caller: what a caller is decides them, so that a request can't choose them."""

from collections.abc import Iterable

from temp_access.iam.request import Request
from temp_access.review.compare.key_values import KeyValue, PolicyCondition

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_FROM_CALLER = ("aws:principal", "aws:username", "aws:userid", "aws:resourceaccount", "s3:resourceaccount")
# Neither an ARN nor the templates show these: a caller with credentials can have any value.
_NOT_SHOWN = ("aws:principalorg", "aws:principaltag/", "aws:userid")
# Every request has these: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_IN_EVERY_REQUEST = (
    "aws:currenttime",
    "aws:epochtime",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:viaawsservice",
)
# In every call that creates a session.
_IN_EVERY_ASSUME = ("sts:rolesessionname",)


def follows_from_caller(key: str, request: Request) -> bool:
    """Whether the caller of `request` has one known value, or none, for `key` (in lower case)."""
    identified = request.principal.startswith("arn:")
    return key.startswith(_FROM_CALLER) and not (identified and key.startswith(_NOT_SHOWN))


def describes_caller(key: str) -> bool:
    """Whether `key` (in lower case) says who calls, not how."""
    return key.startswith(_FROM_CALLER)


def is_always_present(key: str, request: Request) -> bool:
    """Whether every request like `request` has `key` (in lower case)."""
    assumes = request.action.lower().startswith("sts:assumerole")
    return key in _IN_EVERY_REQUEST or (assumes and key in _IN_EVERY_ASSUME) or key == "aws:userid"


def caller_values(key: str, conditions: Iterable[PolicyCondition], request: Request) -> list[str]:
    """Return values that the caller itself can have for `key`, with the ids that `conditions` name."""
    if key != "aws:userid":
        return []
    session = _session_name(request)
    if not session:
        return ["AIDAEXAMPLE"]
    written = (text.partition(":")[0] for each in conditions for text in each.entry.values if ":" in text)
    ids = (id_.replace("*", "EXAMPLE").replace("?", "X") for id_ in written)
    return [f"{id_}:{session}" for id_ in (*ids, "AROAEXAMPLE")]


def _session_name(request: Request) -> str:
    return request.principal.rpartition("/")[2] if ":assumed-role/" in request.principal else ""


def is_possible(key: str, value: KeyValue, request: Request) -> bool:
    """Whether the caller of `request` can have the value: an id of a session ends with the session's name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
    """
    if key != "aws:userid" or not isinstance(value, str):
        return True
    return value.partition(":")[2] == _session_name(request)

"""Words for condition keys and their values: a value that stands for others is called an example."""

from collections.abc import Iterable
from types import MappingProxyType

from temp_access.review.compare.caller_keys import describes_caller
from temp_access.review.compare.contexts import ContextPlan, Deviations
from temp_access.review.compare.key_values import KeyValue, KeyValues
from temp_access.review.compare.ordered_values import CURRENT_TIME
from temp_access.review.compare.restrictions import Restriction

_EXACT = MappingProxyType(
    {
        ("aws:securetransport", "false"): "over plain HTTP",
        ("aws:securetransport", "true"): "over HTTPS",
        ("aws:multifactorauthpresent", "true"): "with MFA",
        ("aws:multifactorauthpresent", "false"): "without MFA",
        ("aws:multifactorauthpresent", None): "with long-term credentials",
    }
)
_NAMES = MappingProxyType(
    {
        "aws:sourceip": "aws:SourceIp",
        "aws:currenttime": "aws:CurrentTime",
        "aws:multifactorauthage": "aws:MultiFactorAuthAge",
    }
)
_SOURCE_IP = "aws:sourceip"


def describe_context(plan: ContextPlan, context: Deviations) -> str:
    """Return a combination of keys in words, e.g. `for instance from 203.0.113.7`; "" for a usual request."""
    exact = [text for key, value in context if (text := _exactly(plan, key, value))]
    examples = [_like(plan, key, value) for key, value in context if not _exactly(plan, key, value)]
    return " and ".join([*exact, *([f"for instance {' and '.join(examples)}"] if examples else [])])


def is_exact(plan: ContextPlan, context: Deviations, key: str) -> bool:
    """Whether the words for a combination of keys say all about `key`."""
    return any(name == key and _exactly(plan, name, value) for name, value in context)


def describe_restriction(plan: ContextPlan, limit: Restriction) -> str:
    """Return the conditions under which alone something is allowed, to be put behind `only`."""
    if not limit.key:
        example = describe_context(plan, limit.example) or "for instance in a usual request"
        return f"under some conditions, {example}"
    if span := describe_span(plan.keys[limit.key], limit.values, limit.key):
        return span
    exact = [_exactly(plan, limit.key, value) for value in limit.values]
    if all(exact):
        return " or ".join(filter(None, exact))
    value = next((value for value in limit.values if value is not None), None)
    if limit.key == _SOURCE_IP:
        return f"from certain addresses, for instance {value}"
    return f"with certain values of {key_name(plan, limit.key)}, for instance {describe_value(value)}"


def describe_span(values: KeyValues, allowed: Iterable[KeyValue], key: str) -> str:
    """Return one range of an ordered key in words, e.g. `until 2030-01-01T00:00:00Z`; "" if it isn't one range."""
    allowed = set(allowed)
    points = values.points
    inside = [index for index, (_, value) in enumerate(points) if value in allowed]
    if not inside or None in allowed or inside != list(range(inside[0], inside[-1] + 1)) or len(inside) == len(points):
        return ""
    is_time, name = key == CURRENT_TIME, _NAMES.get(key, key)
    if len(inside) == 1 and (only := points[inside[0]][0].written) and 0 < inside[0] < len(points) - 1:
        return f"at {only}" if is_time else f"for {name} {only}"
    low = _low(values, inside[0], "after" if is_time else "above")
    high = _high(values, inside[-1], "until" if is_time else "up to")
    if not (low or high):
        return ""
    return " ".join(filter(None, [low, high])) if is_time else f"for {name} " + " and ".join(filter(None, [low, high]))


def _low(values: KeyValues, index: int, after: str) -> str:
    """Return the lower bound of a range that begins at a point; it belongs to the range if a policy writes it so."""
    if index == 0:
        return ""
    if written := values.points[index][0].written:
        return f"from {written}"
    outside = values.points[index - 1][0].written
    return outside and f"{after} {outside}"


def _high(values: KeyValues, index: int, until: str) -> str:
    """Return the upper bound of a range that ends at a point."""
    if index == len(values.points) - 1:
        return ""
    if written := values.points[index][0].written:
        return f"{until} and including {written}"
    outside = values.points[index + 1][0].written
    return outside and f"{until} {outside}"


def key_name(plan: ContextPlan, key: str) -> str:
    """Return a key as a policy writes it."""
    return plan.written.get(key) or _NAMES.get(key, key)


def describe_value(value: KeyValue) -> str:
    """Return a value, or a set of values, in words."""
    return (
        " and ".join(value) if isinstance(value, tuple) else "no value" if value is None else value or "an empty text"
    )


def _exactly(plan: ContextPlan, key: str, value: KeyValue) -> str:
    """Return the value in words if it stands only for itself, "" if it is an example of others."""
    if not isinstance(value, tuple) and (text := _EXACT.get((key, value))):
        return text
    values, name = plan.keys[key], key_name(plan, key)
    if value is None:
        return f"without {name}"
    if values.points and not isinstance(value, tuple):
        return describe_span(values, [value], key)
    if value in values.exact and value is not None:
        return f"{'when its' if describes_caller(key) else 'when'} {name} is {describe_value(value)}"
    return ""


def _like(plan: ContextPlan, key: str, value: KeyValue) -> str:
    if key == _SOURCE_IP:
        return f"from {describe_value(value)}"
    return f"{'when its' if describes_caller(key) else 'when'} {key_name(plan, key)} is {describe_value(value)}"

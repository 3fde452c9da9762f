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
    low = _edge(values, inside[0], inside[0] - 1) if inside[0] > 0 else ""
    high = _edge(values, inside[-1], inside[-1] + 1) if inside[-1] < len(points) - 1 else ""
    if not (low or high):
        return ""
    if key == CURRENT_TIME:
        return " ".join(filter(None, [low and f"from {low}", high and f"until {high}"]))
    name = _NAMES.get(key, key)
    return f"for {name} " + " and ".join(filter(None, [low and f"from {low}", high and f"up to {high}"]))


def _edge(values: KeyValues, inside: int, outside: int) -> str:
    """Return the bound between two neighbors; which of them is it depends on the operator."""
    return values.points[inside][0].written or values.points[outside][0].written


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

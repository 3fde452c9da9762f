"""Words for condition keys and their values: a value that stands for others is called an example."""

from collections.abc import Container, Iterable
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
    if span := describe_span(plan, limit.values, limit.key):
        return span
    values, name = plan.keys[limit.key], key_name(plan, limit.key)
    allowed = values.standing_for(limit.values)
    if _is_all_present(values, allowed):
        return f"with {_of_caller(limit.key)}{name}"
    exact = [_exactly(plan, limit.key, value) for value in limit.values]
    if all(exact):
        return " or ".join(exact)
    shown = _shown(values, allowed)
    absent = f"without {name} or " if None in allowed else ""
    if shown and limit.key == _SOURCE_IP:
        return f"{absent}from certain addresses, for instance {shown[0]}"
    if shown:
        return f"{absent}with certain values of {name}, for instance {describe_value(shown[0])}"
    others = _shown(values, values.standing_for(values.values) - allowed)
    than = f" than {'' if len(others) == 1 else 'for instance '}{describe_value(others[0])}" if others else ""
    return f"{absent}with {'other' if than else 'certain'} values of {name}{than}"


def _shown(values: KeyValues, allowed: frozenset[KeyValue]) -> list[KeyValue]:
    """Return those of the allowed values that aren't stand-ins, those that stand for others first."""
    first = [value for value in values.values if value in allowed]
    ordered: list[KeyValue] = [*first, *sorted(allowed, key=repr)]
    return [value for value in dict.fromkeys(ordered) if value is not None and not _has_stand_in(values, value)]


def _is_all_present(values: KeyValues, allowed: frozenset[KeyValue]) -> bool:
    """Whether exactly the requests with the key are meant, whatever its value is."""
    every = values.standing_for(values.values)
    return None in every and len(every) > 1 and allowed == every - {None}


def describe_span(plan: ContextPlan, allowed: Iterable[KeyValue], key: str) -> str:
    """Return one range of an ordered key in words, e.g. `until 2030-01-01T00:00:00Z`; "" if it isn't one range."""
    allowed, values = set(allowed), plan.keys[key]
    points = values.points
    inside = [index for index, (_, value) in enumerate(points) if value in allowed]
    if not inside or None in allowed or inside != list(range(inside[0], inside[-1] + 1)) or len(inside) == len(points):
        return ""
    is_time, name = key == CURRENT_TIME, key_name(plan, key)
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


def describe_value(value: KeyValue, stand_ins: Container[str] = ()) -> str:
    """Return a value, or a set of values, in words; `stand_ins` are the texts that stand for any other."""
    if isinstance(value, tuple):
        return " and ".join(dict.fromkeys("another value" if each in stand_ins else each for each in value))
    return "no value" if value is None else value or "an empty text"


def _has_stand_in(values: KeyValues, value: KeyValue) -> bool:
    return not values.stand_ins.isdisjoint(value if isinstance(value, tuple) else (value,))


def _of_caller(key: str) -> str:
    return "its " if describes_caller(key) else ""


def _exactly(plan: ContextPlan, key: str, value: KeyValue) -> str:
    """Return the value in words if it stands only for itself, "" if it is an example of others."""
    if not isinstance(value, tuple) and (text := _EXACT.get((key, value))):
        return text
    values, name = plan.keys[key], key_name(plan, key)
    if value is None:
        return f"without {name}" if None in values.exact else ""
    if values.points and not isinstance(value, tuple):
        return describe_span(plan, [value], key)
    if _is_all_present(values, values.standing_for([value])):
        return f"with {_of_caller(key)}{name}"
    if value in values.exact:
        return f"when {_of_caller(key)}{name} is {describe_value(value)}"
    return ""


def _like(plan: ContextPlan, key: str, value: KeyValue) -> str:
    values, name = plan.keys[key], key_name(plan, key)
    if value is None:
        return f"without {name}"
    if key == _SOURCE_IP:
        return f"from {describe_value(value)}"
    if isinstance(value, str) and value in values.stand_ins:
        return f"with another value of {_of_caller(key)}{name}"
    return f"when {_of_caller(key)}{name} is {describe_value(value, values.stand_ins)}"

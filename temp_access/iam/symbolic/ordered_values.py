"""Numbers, dates and addresses of condition keys as numbers, so that a comparison is an interval."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from fractions import Fraction
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from temp_access.iam.conditions import parse_number, parse_timestamp
from temp_access.iam.service_reference import key_type
from temp_access.iam.symbolic.solver import Formula, Model, NumberTerm, RegularLanguage, Solver


class OrderedKind(Enum):
    """What an operator reads a value as: a number, seconds since 1970, or an address as a number."""

    NUMBER = "Numeric"
    DATE = "Date"
    ADDRESS = "IPAddress"


# aws:CurrentTime and aws:EpochTime are the same instant, the latter as a number.
EPOCH_TIME, _INSTANT = "aws:epochtime", "aws:currenttime"
# Counts of seconds, days, keys: never negative, never a fraction.
_WHOLE = frozenset(
    (
        "aws:multifactorauthage",
        "s3:max-keys",
        "s3:object-lock-remaining-retention-days",
        "s3:signatureage",
        "sts:durationseconds",
    )
)
_LAST_ADDRESS = {4: 2**32 - 1, 6: 2**128 - 1}
_DAY = 86400
_V6 = 6


@dataclass(frozen=True)
class OrderedValue:
    """A condition key's value as a number, if it is `valid`; an address is one of version 6 or of version 4."""

    kind: OrderedKind
    valid: Formula
    number: NumberTerm
    is_v6: Formula
    rules: tuple[Formula, ...] = ()


def ordered_key(key: str, kind: OrderedKind) -> tuple[str, OrderedKind]:
    """Return what identifies the ordered value of a key (in lower case); keys with the same value have the same."""
    if key == EPOCH_TIME or (key == _INSTANT and kind is OrderedKind.DATE):
        return _INSTANT, OrderedKind.DATE
    return key, kind


def same_value(key: str, kind: OrderedKind) -> tuple[str, ...]:
    """Return the keys (in lower case) that have the same ordered value as `key`, itself first."""
    if ordered_key(key, kind) != (_INSTANT, OrderedKind.DATE):
        return (key,)
    return (key, EPOCH_TIME if key == _INSTANT else _INSTANT)


def any_ordered_value(solver: Solver, key: str, kind: OrderedKind) -> OrderedValue:
    """Return any value of a key (in lower case); only keys of other types can have one that can't be read."""
    number = solver.number(f"{key} as {kind.value}")
    readable = key_type(key) == kind.value
    valid = solver.true if readable else solver.boolean(f"{key} is {kind.value}")
    zero, is_v6 = solver.number_constant(0), solver.false
    rules: tuple[Formula, ...] = ()
    if kind is OrderedKind.ADDRESS:
        is_v6 = solver.boolean(f"{key} is an IPv6 address")
        inside = [solver.between(zero, number, solver.number_constant(_LAST_ADDRESS[each])) for each in (4, 6)]
        rules = (solver.is_whole(number), inside[1], solver.or_([is_v6, inside[0]]))
    elif key in _WHOLE:
        rules = (solver.is_whole(number), solver.not_(solver.less(number, zero)))
    return OrderedValue(kind, valid, number, is_v6, rules)


def constant_ordered_value(solver: Solver, kind: OrderedKind, text: str) -> OrderedValue:
    """Return the ordered value of a constant."""
    try:
        number, version = _read(kind, text)
    except ValueError:
        return OrderedValue(kind, solver.false, solver.number_constant(0), solver.false)
    is_v6 = solver.true if version == 6 else solver.false
    return OrderedValue(kind, solver.true, solver.number_constant(number), is_v6)


def _read(kind: OrderedKind, text: str) -> tuple[Fraction, int]:
    if kind is OrderedKind.ADDRESS:
        address = ip_address(text)
        return Fraction(int(address)), address.version
    return Fraction(parse_number(text) if kind is OrderedKind.NUMBER else parse_timestamp(text)), 4


def addresses(solver: Solver) -> RegularLanguage:
    """Return the texts of addresses, and some more of version 6."""
    digit = solver.character_range("0", "9")
    octets = [
        solver.sequence([solver.literal("25"), solver.character_range("0", "5")]),
        solver.sequence([solver.literal("2"), solver.character_range("0", "4"), digit]),
        solver.sequence([solver.literal("1"), digit, digit]),
        solver.sequence([solver.character_range("1", "9"), digit]),
        digit,
    ]
    octet, dot, colon = solver.union(octets), solver.literal("."), solver.literal(":")
    groups = solver.repeated(solver.union([digit, solver.character_range("a", "f"), colon]))
    v4, v6 = [octet, dot, octet, dot, octet, dot, octet], [groups, colon, groups, colon, groups]
    return solver.union([solver.sequence(v4), solver.sequence(v6)])


def ordered_kind(operator: str) -> OrderedKind | None:
    """Return what an operator (in lower case, without `not`) compares, None if it compares text."""
    beginnings = {"numeric": OrderedKind.NUMBER, "date": OrderedKind.DATE, "ipaddress": OrderedKind.ADDRESS}
    return next((kind for beginning, kind in beginnings.items() if operator.startswith(beginning)), None)


def compares(solver: Solver, value: OrderedValue, operator: str, policy_value: str) -> Formula:
    """Whether a value compares so with a value of the policy; the operator is in lower case, without `not`."""
    if value.kind is OrderedKind.ADDRESS:
        network = ip_network(policy_value, strict=False)
        first, last = (solver.number_constant(int(network[end])) for end in (0, -1))
        version = value.is_v6 if network.version == 6 else solver.not_(value.is_v6)
        return solver.and_([value.valid, version, solver.between(first, value.number, last)])
    bound = solver.number_constant(_read(value.kind, policy_value)[0])
    less, greater = solver.less(value.number, bound), solver.less(bound, value.number)
    tests = {
        "equals": solver.same_number(value.number, bound),
        "lessthan": less,
        "lessthanequals": solver.not_(greater),
        "greaterthan": greater,
        "greaterthanequals": solver.not_(less),
    }
    return solver.and_([value.valid, tests[operator.removeprefix("numeric").removeprefix("date")]])


def bounds(kind: OrderedKind, policy_value: str) -> Iterator[int | Fraction]:
    """Yield the numbers at a policy's value and just beside it: what a reader expects as an example."""
    if kind is OrderedKind.ADDRESS:
        network = ip_network(policy_value, strict=False)
        first, last = int(network[0]), int(network[-1])
        yield from (first, last, first - 1, last + 1)
        return
    number, step = _read(kind, policy_value)[0], 1 if kind is OrderedKind.NUMBER else _DAY
    yield from (number - step, number, number + step)


def near(solver: Solver, value: OrderedValue, policy_values: Iterable[str]) -> Formula:
    """Whether a value is readable, and at one of a policy's values or just beside it."""
    candidates = []
    for text in policy_values:
        numbers = [solver.same_number(value.number, solver.number_constant(each)) for each in bounds(value.kind, text)]
        is_v6 = value.kind is OrderedKind.ADDRESS and ip_network(text, strict=False).version == _V6
        candidates.append(solver.and_([solver.or_(numbers), value.is_v6 if is_v6 else solver.not_(value.is_v6)]))
    return solver.and_([value.valid, solver.or_(candidates)]) if candidates else value.valid


def text_of(value: OrderedValue, model: Model, key: str) -> str | None:
    """Return the value as a request has it, None if it can't be read as what it is compared as."""
    if not model.boolean_value(value.valid):
        return None
    number = model.number_value(value.number)
    if value.kind is OrderedKind.ADDRESS:
        return str(IPv6Address(int(number)) if model.boolean_value(value.is_v6) else IPv4Address(int(number)))
    if value.kind is OrderedKind.DATE and key != EPOCH_TIME:
        try:
            instant = datetime.fromtimestamp(float(number), UTC)
        except (ValueError, OverflowError, OSError):
            return _decimal(number)
        return instant.isoformat().replace("+00:00", "Z")
    return _decimal(number)


def _decimal(number: Fraction) -> str:
    if number.denominator == 1:
        return str(number.numerator)
    return f"{float(number):.9f}".rstrip("0").rstrip(".")

"""The condition operators of the policy language, and compiled conditions that a request fulfills or not."""

from __future__ import annotations

import operator
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any, Protocol, TypeVar

from temp_access.iam.patterns import PatternSet, WildcardScope, compile_patterns
from temp_access.iam.request import Request
from temp_access.iam.unknown import UnknownOutcome, UnknownValue
from temp_access.iam.user_ids import USER_ID, UserIdTest, compile_user_ids

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
Number = int | float | Decimal
_YEAR_OR_MONTH = re.compile(r"\d{4}(-\d{2})?")


def parse_number(value: str) -> int | Decimal:
    """Return an integer or decimal number, exactly: a float has 53 bits only; raises ValueError."""
    if not _NUMBER.fullmatch(value):
        raise ValueError(f"{value!r} isn't a number")
    return Decimal(value) if "." in value else int(value)


def parse_timestamp(value: str) -> int | float:
    """Return the seconds since 1970 of a W3C ISO 8601 date (a bare year too) or of epoch time; raises ValueError.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
    """
    if _YEAR_OR_MONTH.fullmatch(value):
        value = f"{value}-01-01"[:10]
    elif _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    try:
        timestamp = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is neither an ISO 8601 date nor epoch seconds") from None
    return (timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)).timestamp()


Value = TypeVar("Value")
Test = Callable[[str, Request], bool]
Compile = Callable[[tuple[str, ...], bool], Test]


@dataclass(frozen=True)
class Operator:
    """An operator: its name, how it compiles values, and whether it holds when no value matches (`…Not…`)."""

    name: str
    compile: Compile
    negated: bool = False


def _string(values: tuple[str, ...], variables: bool) -> Test:
    return compile_patterns(values, variables=variables, wildcards=False).matches


def _string_ignoring_case(values: tuple[str, ...], variables: bool) -> Test:
    patterns = compile_patterns(values, variables=variables, wildcards=False, ignore_case=True)
    return lambda value, request: patterns.matches(value.lower(), request)


def _like(values: tuple[str, ...], variables: bool) -> Test:
    return compile_patterns(values, variables=variables).matches


def _arn(values: tuple[str, ...], variables: bool) -> Test:
    return compile_patterns(values, variables=variables, scope=WildcardScope.ARN).matches


def _bool(values: tuple[str, ...], variables: bool) -> Test:
    # A policy variable is allowed here; its value is known only with the request.
    for value in values:
        if value.lower() not in ("true", "false") and not (variables and "${" in value):
            raise ValueError(f"{value!r} isn't true or false")
    return _string_ignoring_case(values, variables)


def _comparison(
    parse: Callable[[str], Value],
    holds: Callable[[Value, Value], bool],
    values: tuple[str, ...],
    variables: bool,  # noqa: ARG001, RUF100 (these operators know no policy variables)
) -> Test:
    policy_values = tuple(parse(value) for value in values)

    def test(value: str, request: Request) -> bool:
        try:
            request_value = parse(value)
        except ValueError:
            return False
        return any(holds(request_value, policy_value) for policy_value in policy_values)

    return test


def _ip_address(values: tuple[str, ...], variables: bool) -> Test:
    networks = tuple(ip_network(value, strict=False) for value in values)

    def test(value: str, request: Request) -> bool:
        try:
            address = ip_address(value)
        except ValueError:
            return False
        return any(address in network for network in networks)

    return test


def _comparison_operators(prefix: str, parse: Callable[[str], Number]) -> list[Operator]:
    def compiled(holds: Callable[[Any, Any], bool]) -> Compile:
        return partial(_comparison, parse, holds)

    return [
        Operator(f"{prefix}Equals", compiled(operator.eq)),
        Operator(f"{prefix}NotEquals", compiled(operator.eq), negated=True),
        Operator(f"{prefix}LessThan", compiled(operator.lt)),
        Operator(f"{prefix}LessThanEquals", compiled(operator.le)),
        Operator(f"{prefix}GreaterThan", compiled(operator.gt)),
        Operator(f"{prefix}GreaterThanEquals", compiled(operator.ge)),
    ]


def _base64(value: str) -> bytes:
    return b64decode(value, validate=True)


_OPERATORS = [
    Operator("StringEquals", _string),
    Operator("StringNotEquals", _string, negated=True),
    Operator("StringEqualsIgnoreCase", _string_ignoring_case),
    Operator("StringNotEqualsIgnoreCase", _string_ignoring_case, negated=True),
    Operator("StringLike", _like),
    Operator("StringNotLike", _like, negated=True),
    *_comparison_operators("Numeric", parse_number),
    *_comparison_operators("Date", parse_timestamp),
    Operator("Bool", _bool),
    Operator("BinaryEquals", partial(_comparison, _base64, operator.eq)),
    Operator("IpAddress", _ip_address),
    Operator("NotIpAddress", _ip_address, negated=True),
    Operator("ArnEquals", _arn),
    Operator("ArnLike", _arn),
    Operator("ArnNotEquals", _arn, negated=True),
    Operator("ArnNotLike", _arn, negated=True),
]
OPERATORS = {each.name.lower(): each for each in _OPERATORS}


class Condition(Protocol):
    """A test that holds for a request or doesn't."""

    def holds(self, request: Request) -> bool:
        """Whether the condition holds; raises UnknownOutcome if that depends on a value that isn't known."""


class Quantifier(Enum):
    """The set operators of multivalued keys."""

    ALL = "forallvalues"
    ANY = "foranyvalue"


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """An operator, a key and the policy's values; several values are joined by OR, negated by NOR.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
    """

    key: str
    test: Test
    negated: bool
    if_exists: bool
    quantifier: Quantifier | None
    by_user_id: UserIdTest | None = None

    def holds(self, request: Request) -> bool:
        """Whether the condition holds; without a set operator, one matching value of a multivalued key is enough."""
        value = request.value(self.key)
        if value is None:
            return self._holds_without_key()
        if isinstance(value, str):
            if value or self.quantifier is None:
                return self.test(value, request) is not self.negated
            # To a set operator, an empty string is an empty set of values (the page below).
            return self.quantifier is Quantifier.ALL
        if isinstance(value, UnknownValue):
            return self._holds_for_any(value, request)
        if self.quantifier and not any(value):
            return self.quantifier is Quantifier.ALL
        matched = [self.test(each, request) for each in value]
        if self.quantifier is Quantifier.ALL:
            return not any(matched) if self.negated else all(matched)
        if self.quantifier is Quantifier.ANY:
            return not all(matched) if self.negated else any(matched)
        return any(matched) is not self.negated

    def _holds_for_any(self, value: UnknownValue, request: Request) -> bool:
        """Whether it holds whatever the value is; raises UnknownOutcome if that depends on it."""
        patterns = getattr(self.test, "__self__", None)
        matches_all = isinstance(patterns, PatternSet) and patterns.matches_all and self.quantifier is None
        absent_too = value is UnknownValue.PRESENT or self._holds_without_key() is not self.negated
        if matches_all and absent_too:
            return not self.negated
        matched = self.by_user_id(request) if self.by_user_id and value is UnknownValue.PRESENT else None
        if matched is None:
            raise UnknownOutcome(self.key)
        return matched is not self.negated

    def _holds_without_key(self) -> bool:
        """Whether it holds for an absent key: IfExists and ForAllValues do, ForAnyValue doesn't, others if negated.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
        """
        if self.if_exists or self.quantifier is Quantifier.ALL:
            return True
        return self.negated and self.quantifier is None


@dataclass(frozen=True, slots=True)
class NullCondition:
    """`Null`: "true" requires the key to be absent, "false" requires it to be present.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Null
    """

    key: str
    absent: frozenset[bool]

    def holds(self, request: Request) -> bool:
        """Whether the key is absent or present, as required."""
        value = request.value(self.key)
        if value is UnknownValue.POSSIBLE and len(self.absent) == 1:
            raise UnknownOutcome(self.key)
        return (value is None) in self.absent


@dataclass(frozen=True, slots=True)
class UnreadableCondition:
    """A part of a statement that can't be read, `name`; whether the statement applies is unknown."""

    name: str

    def holds(self, request: Request) -> bool:
        """Raise UnknownOutcome."""
        raise UnknownOutcome(self.name)


def compile_condition(operator: str, key: str, values: tuple[str, ...], *, variables: bool) -> Condition:
    """Compile one operator, key and its values; operator and key names aren't case-sensitive.

    Raises ValueError for an unknown operator or a value the operator can't read.
    """
    name, quantifier = operator.lower(), None
    if ":" in name:
        prefix, name = name.split(":", 1)
        try:
            quantifier = Quantifier(prefix)
        except ValueError:
            raise ValueError(f"unknown set operator {operator!r}; use ForAllValues: or ForAnyValue:") from None
    if name == "null" and quantifier is None:
        return NullCondition(key, frozenset(_boolean(value) for value in values))
    if_exists = name.endswith("ifexists")
    definition = OPERATORS.get(name.removesuffix("ifexists"))
    if definition is None:
        raise ValueError(f"unknown condition operator {operator!r}")
    by_user_id = None
    if key.lower() == USER_ID and quantifier is None and definition.compile in (_string, _like):
        by_user_id = compile_user_ids(values, variables=variables, wildcards=definition.compile is _like)
    test = definition.compile(values, variables)
    return KeyCondition(key, test, definition.negated, if_exists, quantifier, by_user_id)


def _boolean(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError(f"{value!r} isn't true or false")
    return value.lower() == "true"

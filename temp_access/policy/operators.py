"""The condition operators: each compiles a policy's values to a test of one value of the request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address, ip_network
from typing import TypeVar

from temp_access.policy.glob_regex import WildcardScope
from temp_access.policy.moments import parse_number, parse_timestamp
from temp_access.policy.patterns import compile_patterns
from temp_access.policy.request import Request

Value = TypeVar("Value")
Test = Callable[[str, Request], bool]
Compile = Callable[[tuple[str, ...], bool], Test]


@dataclass(frozen=True)
class Operator:
    """An operator's name, how it compiles values, and whether it holds when no value matches (`…Not…`)."""

    name: str
    compile: Compile
    negated: bool = False


def _string(values: tuple[str, ...], variables: bool) -> Test:
    return compile_patterns(values, variables=variables, wildcards=False).matches


def _string_ignoring_case(values: tuple[str, ...], variables: bool) -> Test:
    patterns = compile_patterns(values, variables=variables, wildcards=False, fold=True)
    return lambda value, request: patterns.matches(value.lower(), request)


def _like(values: tuple[str, ...], variables: bool) -> Test:
    return compile_patterns(values, variables=variables).matches


def _arn(values: tuple[str, ...], variables: bool) -> Test:
    return compile_patterns(values, variables=variables, style=WildcardScope.ARN).matches


def _bool(values: tuple[str, ...], variables: bool) -> Test:
    # A policy variable is allowed here, so that the text is only known with the request.
    for value in values:
        if value.lower() not in ("true", "false") and not (variables and "${" in value):
            raise ValueError(f"{value!r} isn't true or false")
    return _string_ignoring_case(values, variables)


def _compared(
    parse: Callable[[str], Value],
    holds: Callable[[Value, Value], bool],
    values: tuple[str, ...],
    variables: bool,  # noqa: ARG001, RUF100 (these operators know no policy variables)
) -> Test:
    wanted = tuple(parse(value) for value in values)

    def test(text: str, request: Request) -> bool:
        try:
            given = parse(text)
        except ValueError:
            return False
        return any(holds(given, value) for value in wanted)

    return test


def _ip_address(values: tuple[str, ...], variables: bool) -> Test:
    networks = tuple(ip_network(value, strict=False) for value in values)

    def test(text: str, request: Request) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in networks)

    return test


def _family(prefix: str, parse: Callable[[str], float]) -> list[Operator]:
    def compiled(holds: Callable[[float, float], bool]) -> Compile:
        return partial(_compared, parse, holds)

    return [
        Operator(f"{prefix}Equals", compiled(operator.eq)),
        Operator(f"{prefix}NotEquals", compiled(operator.eq), negated=True),
        Operator(f"{prefix}LessThan", compiled(operator.lt)),
        Operator(f"{prefix}LessThanEquals", compiled(operator.le)),
        Operator(f"{prefix}GreaterThan", compiled(operator.gt)),
        Operator(f"{prefix}GreaterThanEquals", compiled(operator.ge)),
    ]


def _base64(text: str) -> bytes:
    return b64decode(text, validate=True)


_ALL = [
    Operator("StringEquals", _string),
    Operator("StringNotEquals", _string, negated=True),
    Operator("StringEqualsIgnoreCase", _string_ignoring_case),
    Operator("StringNotEqualsIgnoreCase", _string_ignoring_case, negated=True),
    Operator("StringLike", _like),
    Operator("StringNotLike", _like, negated=True),
    *_family("Numeric", parse_number),
    *_family("Date", parse_timestamp),
    Operator("Bool", _bool),
    Operator("BinaryEquals", partial(_compared, _base64, operator.eq)),
    Operator("IpAddress", _ip_address),
    Operator("NotIpAddress", _ip_address, negated=True),
    Operator("ArnEquals", _arn),
    Operator("ArnLike", _arn),
    Operator("ArnNotEquals", _arn, negated=True),
    Operator("ArnNotLike", _arn, negated=True),
]

OPERATORS = {each.name.lower(): each for each in _ALL}

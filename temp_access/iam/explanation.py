"""Explanations of a decision: the result of each layer, and why an Allow statement doesn't apply."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from temp_access.iam.conditions import compile_condition
from temp_access.iam.decision import Decision, Layer, Reason
from temp_access.iam.document import Policy, Statement
from temp_access.iam.evaluator import IndexedStatements, PolicySet
from temp_access.iam.grammar import VERSIONS
from temp_access.iam.request import Request, scalar_text
from temp_access.iam.statements import as_list, as_mapping
from temp_access.iam.unknown import UnknownOutcome, UnknownValue


@dataclass(frozen=True)
class LayerResult:
    """The statements of one layer that apply; `missing` if the layer had to allow the request and didn't.

    `undecided` are the statements that may apply, each with the name of what that depends on.
    """

    layer: Layer
    allows: tuple[Reason, ...]
    denies: tuple[Reason, ...]
    missing: bool
    undecided: tuple[tuple[Reason, str], ...] = ()


def layer_breakdown(policies: PolicySet, request: Request, decision: Decision) -> Iterator[LayerResult]:
    """Yield the result of each layer that applies, in the order of AWS's documentation."""
    index = policies.statement_index(request)
    denies, open_denies = _applying(index.denies, request)
    required_layers: list[tuple[Layer, IndexedStatements]] = [*index.ceilings]
    if policies.resource:
        required_layers.append((policies.resource_layer, index.resource))
    for layer, entries in [*required_layers, *index.identity_and_limits]:
        allows, open_allows = _applying(entries, request)
        yield LayerResult(
            layer,
            allows,
            tuple(reason for reason in denies if reason.layer is layer),
            layer in decision.missing,
            (*open_allows, *((reason, name) for reason, name in open_denies if reason.layer is layer)),
        )


def _applying(
    entries: IndexedStatements, request: Request
) -> tuple[tuple[Reason, ...], tuple[tuple[Reason, str], ...]]:
    """Return the statements that apply, and those that may."""
    applying: list[Reason] = []
    undecided: list[tuple[Reason, str]] = []
    for statement, reason in entries:
        applies, unknown = statement.may_apply(request)
        if applies and unknown:
            undecided.append((reason, " and ".join(unknown)))
        elif applies:
            applying.append(reason)
    return tuple(applying), tuple(undecided)


_MAX_VALUES = 3


@dataclass(frozen=True)
class NearMiss:
    """An Allow statement that names the action but doesn't apply, and the reason."""

    policy: str
    index: int
    sid: str | None
    reason: str


def near_misses(policy: Policy, request: Request) -> Iterator[NearMiss]:
    """Yield the near misses of `policy`, in the order of its statements."""
    for statement in policy.statements:
        body = policy.bodies[statement.index]
        if statement.effect != "Allow" or statement.may_apply(request)[0]:
            continue
        if _holds(partial(statement.names_action, request.action.lower(), request)):
            reason = _mismatch(statement, body, request, variables=policy.version == VERSIONS[0])
            if reason:
                yield NearMiss(policy.name, statement.index, statement.sid, reason)


def _mismatch(statement: Statement, body: Mapping[str, Any], request: Request, *, variables: bool) -> str | None:
    resources, principals = statement.resources, statement.principals
    if resources is not None and _fails(
        lambda: resources.matches(request.resource, request) is not statement.not_resource
    ):
        if statement.not_resource:
            return f"applies to all resources except {_describe_values(body.get('NotResource'))}"
        return f"applies only to {_describe_values(body.get('Resource'))}"
    if principals is not None and _fails(lambda: principals.matches(request)):
        return f"names {_describe_principals(body.get('Principal'))}, but the caller is {request.principal}"
    for operator, keys in as_mapping(body.get("Condition")).items():
        for key, values in as_mapping(keys).items():
            strings = tuple(scalar_text(value) for value in as_list(values) if isinstance(value, str | int | float))
            try:
                condition = compile_condition(operator, key, strings, variables=variables)
            except ValueError:
                continue
            if _fails(partial(condition.holds, request)):
                required = f"{operator} {key} {_describe_values(values)}"
                return f"requires {required}, but {_describe_request_value(request, key)}"
    return None


def _holds(test: Callable[[], bool]) -> bool:
    """Whether a test is known to hold."""
    try:
        return test()
    except UnknownOutcome:
        return False


def _fails(test: Callable[[], bool]) -> bool:
    """Whether a test is known not to hold."""
    try:
        return not test()
    except UnknownOutcome:
        return False


def _describe_request_value(request: Request, key: str) -> str:
    value = request.value(key)
    if isinstance(value, UnknownValue):
        return f"the request's {key} isn't known"
    return f"the request has no {key}" if value is None else f"the request has {_describe_values(value)}"


def _describe_principals(principal: Any) -> str:
    by_type = principal if isinstance(principal, Mapping) else {"AWS": principal}
    return ", ".join(_describe_values(names) for names in by_type.values())


def _describe_values(values: Any) -> str:
    items = values if isinstance(values, list | tuple) else [values]
    shown = ", ".join(repr(item) if item == "" else item for item in map(scalar_text, items[:_MAX_VALUES]))
    return f"{shown} and {len(items) - _MAX_VALUES} more" if len(items) > _MAX_VALUES else shown

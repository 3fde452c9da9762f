"""Per-layer breakdown; why a statement doesn't apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from temp_access.iam.conditions import compile_condition
from temp_access.iam.decision import Decision, Layer, Reason
from temp_access.iam.document import Policy, Statement
from temp_access.iam.evaluator import IndexedStatements, PolicySet
from temp_access.iam.grammar import VERSIONS
from temp_access.iam.request import Request, scalar_text


@dataclass(frozen=True)
class LayerResult:
    """One layer's statements that apply; `missing` if it had to allow and didn't."""

    layer: Layer
    allows: tuple[Reason, ...]
    denies: tuple[Reason, ...]
    missing: bool


def layer_breakdown(layers: PolicySet, request: Request, decision: Decision) -> Iterator[LayerResult]:
    """Yield the layers that take part, in the order in which AWS's documentation names them."""
    listed = layers.statement_index(request)
    denies = _applying(listed.denies, request)
    gates: list[tuple[Layer, IndexedStatements]] = [*listed.ceilings]
    if layers.resource:
        gates.append((layers.resource_layer, listed.resource))
    for layer, entries in [*gates, *listed.identity_and_limits]:
        yield LayerResult(
            layer,
            _applying(entries, request),
            tuple(reason for reason in denies if reason.layer is layer),
            layer in decision.missing,
        )


def _applying(entries: IndexedStatements, request: Request) -> tuple[Reason, ...]:
    return tuple(reason for statement, reason in entries if statement.applies(request))


_MOST_SHOWN = 3


@dataclass(frozen=True)
class Miss:
    """An Allow statement that names the action and doesn't apply, and why."""

    policy: str
    index: int
    sid: str | None
    why: str


def near_misses(policy: Policy, request: Request) -> Iterator[Miss]:
    """Yield the near misses of `policy` in its order."""
    for statement, body in zip(policy.statements, policy.bodies, strict=True):
        if statement.effect == "Allow" and statement.names_action(request.action.lower(), request):
            why = _why(statement, body, request, variables=policy.version == VERSIONS[0])
            if why:
                yield Miss(policy.name, statement.index, statement.sid, why)


def _why(statement: Statement, body: Mapping[str, Any], request: Request, *, variables: bool) -> str | None:
    resources = statement.resources
    if resources is not None and resources.matches(request.resource, request) is statement.not_resource:
        but = "all but " if statement.not_resource else ""
        only = "" if statement.not_resource else " only"
        return f"is about {but}{_listed(body['NotResource' if but else 'Resource'])}{only}"
    if statement.principals is not None and not statement.principals.matches(request):
        return f"names {_named(body.get('Principal'))}, and the caller is {request.principal}"
    for operator, keys in (body.get("Condition") or {}).items():
        for key, values in keys.items():
            texts = tuple(map(scalar_text, values if isinstance(values, list) else [values]))
            if not compile_condition(operator, key, texts, variables=variables).holds(request):
                return f"asks for {operator} {key} {_listed(values)}, and {_sent(request, key)}"
    return None


def _sent(request: Request, key: str) -> str:
    value = request.value(key)
    return "the request has no such key" if value is None else f"the request has {_listed(value)}"


def _named(principal: Any) -> str:
    kinds = principal if isinstance(principal, Mapping) else {"AWS": principal}
    return ", ".join(_listed(names) for names in kinds.values())


def _listed(values: Any) -> str:
    listed = values if isinstance(values, list | tuple) else [values]
    shown = ", ".join(repr(text) if text == "" else text for text in map(scalar_text, listed[:_MOST_SHOWN]))
    return f"{shown} and {len(listed) - _MOST_SHOWN} more" if len(listed) > _MOST_SHOWN else shown

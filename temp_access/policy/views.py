"""A decision layer by layer: which of each layer's statements apply, whatever the others say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from temp_access.policy.decision import Decision, Layer, Reason
from temp_access.policy.evaluate import PolicySet
from temp_access.policy.request import Request
from temp_access.policy.shortlist import IndexedStatements


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

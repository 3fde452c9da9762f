"""An answer as JSON."""

from typing import Any

from temp_access.can.model import LayerAnswer, LocatedStatement, WhatIfAnswer


def as_json(answer: WhatIfAnswer) -> dict[str, Any]:
    """Return the answer as plain data."""
    request = answer.request
    return {
        "answer": answer.word,
        "who": answer.who.words,
        "grant": answer.who.grant.id if answer.who.grant else None,
        "principal": request.principal,
        "action": request.action,
        "resource": request.resource,
        "context": {key: request.context[key] for key in sorted(request.context)},
        "assumed": sorted(answer.assumed),
        "decision": answer.decision.kind.value if answer.decision else None,
        "layers": [_layer(layer) for layer in answer.layers],
        "unknown": list(answer.unknown),
        "notes": list(answer.notes),
        "source": answer.source,
    }


def _layer(layer: LayerAnswer) -> dict[str, Any]:
    return {
        "layer": layer.layer.value,
        "missing": layer.missing,
        "known": layer.known,
        "allows": [_named(named) for named in layer.allows],
        "denies": [_named(named) for named in layer.denies],
        "near_misses": [
            {"policy": miss.policy, "statement": miss.index, "sid": miss.sid, "place": place, "why": miss.why}
            for miss, place in layer.misses
        ],
    }


def _named(named: LocatedStatement) -> dict[str, Any]:
    reason = named.reason
    return {"policy": reason.policy, "statement": reason.index, "sid": reason.sid, "place": named.place}

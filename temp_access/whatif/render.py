"""An answer as text, and as JSON."""

import re
from collections.abc import Iterator
from typing import Any

from temp_access.iam.callers import caller_kind
from temp_access.iam.condition_keys import CONDITION_KEYS
from temp_access.iam.decision import Layer, Reason
from temp_access.iam.explanation import NearMiss
from temp_access.iam.request import UnknownValue
from temp_access.terminal_text import escape_control
from temp_access.whatif.model import LayerAnswer, LocatedStatement, WhatIfAnswer

_CONDITION_KEY = re.compile(r"[\w.-]+:[^\s]+")
_MOST_MISSES = 4
_WIDTH = max(len(layer.value) for layer in Layer)


def as_text(answer: WhatIfAnswer) -> str:
    """Return the answer as lines of text."""
    return "\n".join(escape_control(line) for line in _lines(answer))


def _lines(answer: WhatIfAnswer) -> Iterator[str]:
    yield f"{answer.verdict}: {answer.question.description}, for {answer.principal.description}"
    if answer.decision and answer.decision.rule:
        yield f"  {answer.decision.rule}"
    else:
        yield from _layers_lines(answer)
    yield from (f"  {line}" for line in _dependencies(answer))
    yield f"  from {answer.source}"
    if keys := _context(answer):
        yield f"  with {keys}"
    yield from (f"  note: {note}" for note in answer.notes)


def _layers_lines(answer: WhatIfAnswer) -> Iterator[str]:
    # The layers that decide come first.
    for layer in sorted(answer.layers, key=lambda layer: (not layer.denies, _is_neutral(layer))):
        for index, line in enumerate(_layer_lines(layer, answer)):
            yield f"  {'' if index else layer.layer.value:{_WIDTH}}  {line}"


def _dependencies(answer: WhatIfAnswer) -> Iterator[str]:
    """Yield a line for each thing that an undecided answer depends on."""
    if answer.depends_on_unknown and answer.is_allowed_otherwise:
        yield f"what is known allows it, but {' or '.join(answer.unknown)} may deny it, and can't be read here"
    elif answer.depends_on_unknown and not answer.depends_on:
        yield f"it depends on {' and '.join(answer.unknown)}, which can't be read here"
    for name in answer.unread:
        yield f"it depends on {name}, which isn't read"
    for name in answer.depends_on:
        if not _CONDITION_KEY.fullmatch(name):
            what = "can't be read here" if "policy of " in name else "can't be understood"
            yield f"it depends on {name}, which {what}"
            continue
        known = CONDITION_KEYS.get(name.lower())
        always = known is not None and known.availability(caller_kind(answer.request.principal)) is UnknownValue.PRESENT
        why = "which every such call has, but its value isn't known here" if always else "which isn't known here"
        yield f"it depends on {name}, {why}; pass --context {name}=VALUE"


def _is_neutral(layer: LayerAnswer) -> bool:
    return layer.known and not (layer.denies or layer.allows or layer.missing or layer.undecided)


def _layer_lines(layer: LayerAnswer, answer: WhatIfAnswer) -> Iterator[str]:
    yield from (f"denies it: {_statement_text(denied)}" for denied in layer.denies)
    yield from (f"allows it: {_statement_text(allowed)}" for allowed in layer.allows)
    for statement, name in layer.undecided:
        verb = "allow" if statement.reason.effect == "Allow" else "deny"
        yield f"may {verb} it: {_statement_text(statement)}, by {name}"
    if layer.denies or layer.allows or layer.undecided:
        return
    if not layer.known:
        yield "can't be read here"
    elif not layer.missing:
        yield "has no statement that applies, and none is required"
    elif not layer.misses:
        yield f"doesn't allow it: no statement names {answer.question.action}"
    else:
        yield "doesn't allow it"
        for miss, location in layer.misses[:_MOST_MISSES]:
            yield f"  {_number(miss)} {location}"
            yield f"    {miss.reason}"
        if len(layer.misses) > _MOST_MISSES:
            yield f"  and {len(layer.misses) - _MOST_MISSES} more"


def _statement_text(statement: LocatedStatement) -> str:
    return f"{_number(statement.reason)} {statement.location}"


def _number(statement: Reason | NearMiss) -> str:
    # Counted from 0, as in errors about a policy.
    sid = f" ({statement.sid})" if statement.sid else ""
    return f"Statement[{statement.index}]{sid} of"


def _context(answer: WhatIfAnswer) -> str:
    """Return the relevant condition keys, the assumed ones marked."""
    return ", ".join(
        f"{key}={value}" + (" (assumed)" if key.lower() in answer.assumed and key != "s3:prefix" else "")
        for key, value in answer.request.context.items()
        if key.lower() in answer.relevant_keys and not isinstance(value, UnknownValue)
    )


def as_json(answer: WhatIfAnswer) -> dict[str, Any]:
    """Return the answer as plain data."""
    request = answer.request
    return {
        "answer": answer.verdict,
        "who": answer.principal.description,
        "grant": answer.principal.grant.id if answer.principal.grant else None,
        "principal": request.principal,
        "action": request.action,
        "resource": request.resource,
        "context": {
            key: value for key, value in sorted(request.context.items()) if not isinstance(value, UnknownValue)
        },
        "assumed": sorted(answer.assumed),
        "decision": answer.decision.kind.value if answer.decision else None,
        "layers": [_layer_json(layer) for layer in answer.layers],
        "unknown": list(answer.unknown),
        "depends_on": list(answer.depends_on),
        "not_read": list(answer.unread),
        "rule": answer.decision.rule or None if answer.decision else None,
        "notes": list(answer.notes),
        "source": answer.source,
    }


def _layer_json(layer: LayerAnswer) -> dict[str, Any]:
    return {
        "layer": layer.layer.value,
        "missing": layer.missing,
        "known": layer.known,
        "allows": [_statement_json(statement) for statement in layer.allows],
        "denies": [_statement_json(statement) for statement in layer.denies],
        "undecided": [
            {**_statement_json(statement), "effect": statement.reason.effect, "depends_on": name}
            for statement, name in layer.undecided
        ],
        "near_misses": [
            {"policy": miss.policy, "statement": miss.index, "sid": miss.sid, "place": location, "why": miss.reason}
            for miss, location in layer.misses
        ],
    }


def _statement_json(statement: LocatedStatement) -> dict[str, Any]:
    reason = statement.reason
    return {"policy": reason.policy, "statement": reason.index, "sid": reason.sid, "place": statement.location}

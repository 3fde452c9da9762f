"""An answer for people: one line that says it, a line for each layer, and what it rests on."""

from collections.abc import Iterator

from temp_access.can.model import LayerAnswer, LocatedStatement, WhatIfAnswer
from temp_access.policy.decision import Layer, Reason
from temp_access.policy.near_misses import Miss
from temp_access.verify.report.visible import escape_control

_MOST_MISSES = 4
_WIDTH = max(len(layer.value) for layer in Layer)


def as_text(answer: WhatIfAnswer) -> str:
    """Return the answer in lines."""
    return "\n".join(escape_control(line) for line in _lines(answer))


def _lines(answer: WhatIfAnswer) -> Iterator[str]:
    yield f"{answer.word}: {answer.call.words}, for {answer.who.words}"
    # What decides comes first, what has no say last.
    for layer in sorted(answer.layers, key=lambda layer: (not layer.denies, _is_silent(layer))):
        for index, line in enumerate(_layer(layer, answer)):
            yield f"  {'' if index else layer.layer.value:{_WIDTH}}  {line}"
    if answer.unknown and answer.word == "undecided":
        yield f"  it depends on {' and '.join(answer.unknown)}, not known here"
    if answer.unknown and answer.word == "allowed":
        yield f"  unless it is denied by {' or '.join(answer.unknown)}, not known here"
    yield f"  from {answer.source}"
    if keys := _context(answer):
        yield f"  with {keys}"
    yield from (f"  note: {note}" for note in answer.notes)


def _is_silent(layer: LayerAnswer) -> bool:
    return layer.known and not (layer.denies or layer.allows or layer.missing)


def _layer(layer: LayerAnswer, answer: WhatIfAnswer) -> Iterator[str]:
    yield from (f"denies it: {_statement(denied)}" for denied in layer.denies)
    yield from (f"allows it: {_statement(allowed)}" for allowed in layer.allows)
    if layer.denies or layer.allows:
        return
    if not layer.known:
        yield "isn't known here"
    elif not layer.missing:
        yield "says nothing about it, and needn't"
    elif not layer.misses:
        yield f"doesn't allow it: no statement is about {answer.call.action}"
    else:
        yield "doesn't allow it"
        for miss, place in layer.misses[:_MOST_MISSES]:
            yield f"  {_number(miss)} {place}"
            yield f"    {miss.why}"
        if len(layer.misses) > _MOST_MISSES:
            yield f"  and {len(layer.misses) - _MOST_MISSES} more"


def _statement(named: LocatedStatement) -> str:
    return f"{_number(named.reason)} {named.place}"


def _number(found: Reason | Miss) -> str:
    # As errors about a policy count them, from 0.
    sid = f" ({found.sid})" if found.sid else ""
    return f"Statement[{found.index}]{sid} of"


def _context(answer: WhatIfAnswer) -> str:
    """Return the keys that matter, those that were assumed said to be so."""
    return ", ".join(
        f"{key}={value}" + (" (assumed)" if key.lower() in answer.assumed and key != "s3:prefix" else "")
        for key, value in answer.request.context.items()
        if key.lower() in answer.looked_at
    )

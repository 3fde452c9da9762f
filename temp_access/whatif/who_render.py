"""Everybody who can do something, as a table and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from temp_access.iam.decision import Layer
from temp_access.terminal_text import escape_control
from temp_access.whatif.who_model import ANY_ID, Way, WhoAnswer, WhoStatement

Cells = tuple[str, str, str]
_WIDEST = 50


def as_text(answer: WhoAnswer, *, titles: bool = True) -> str:
    """Return the answer as lines of text; `titles` are those of the columns, for people."""
    return "\n".join(escape_control(line) for line in _lines(answer, titles=titles))


def _lines(answer: WhoAnswer, *, titles: bool) -> Iterator[str]:
    known = [way for way in answer.ways if not way.depends_on]
    yield f"{_headline(answer, known)}: {answer.question.description}"
    sections = (
        ("", [way for way in known if way.holder.ours]),
        ("through principals that others manage", [way for way in known if not way.holder.ours]),
        ("undecided", [way for way in answer.ways if way.depends_on]),
    )
    rows = {title: [(_cells(way), way) for way in ways] for title, ways in sections if ways}
    head = ("WHO", "THROUGH", "IF")
    widths = _widths([head, *(cells for section in rows.values() for cells, _ in section)])
    if titles and rows:
        yield _padded(head, widths)
    for title, section in rows.items():
        if title:
            yield f"{title}:"
        for cells, way in section:
            yield _padded(cells, widths)
            yield from (f"      {_statement(each, answer)}" for each in way.statements)
    others = "others may be able to, too: " if answer.ways else ""
    for name in answer.depends_on:
        yield f"{others}it depends on {name}, which isn't known or isn't read"
    yield from (f"not counted: {text}" for text in answer.not_modelled)
    yield f"from {answer.source}"
    if answer.assumed:
        yield "with " + ", ".join(f"{key}={value} (assumed)" for key, value in sorted(answer.assumed.items()))
    yield from (f"note: {note}" for note in answer.notes)


def _headline(answer: WhoAnswer, known: Sequence[Way]) -> str:
    count = len({way.holder.who for way in known})
    if count:
        return f"{count} can"
    return "undecided" if answer.verdict == "undecided" else "nobody can"


def _cells(way: Way) -> Cells:
    """Return who, through what, and on which conditions."""
    conditions = [*way.conditions, *(f"depends on {name}" for name in way.depends_on)]
    return way.holder.who, _through(way), "; ".join(conditions)


def _through(way: Way) -> str:
    """Return what the principal goes through, such as `bob (temp-role-bob)`."""
    if not way.roles:
        return "directly"
    roles = " > ".join(way.roles)
    if way.grant is None:
        return f"{roles}, without a session policy"
    name = f"[any_id] {way.id_}" if way.grant == ANY_ID else way.grant
    return f"{name} ({roles})"


def _statement(each: WhoStatement, answer: WhoAnswer) -> str:
    reason, location = each.statement.reason, each.statement.location
    verb = "may assume" if reason.layer is Layer.TRUST else "allows it"
    sid = f" ({reason.sid})" if reason.sid else ""
    line = f", {answer.file}:{each.line}" if each.line else ""
    return f"{verb}: Statement[{reason.index}]{sid} of {location.removesuffix(f' in {answer.file}')}{line}"


def _widths(rows: Sequence[Cells]) -> tuple[int, ...]:
    return tuple(min(max(map(len, column)), _WIDEST) for column in zip(*rows, strict=True))


def _padded(cells: Cells, widths: Sequence[int]) -> str:
    text = "  ".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"  {text}".rstrip()


def as_json(answer: WhoAnswer) -> dict[str, Any]:
    """Return the answer as plain data."""
    return {
        "answer": answer.verdict,
        "action": answer.question.action,
        "resource": answer.question.resource,
        "prefix": answer.question.prefix,
        "who": [_way_json(way, answer) for way in answer.ways],
        "depends_on": list(answer.depends_on),
        "not_modelled": list(answer.not_modelled),
        "assumed": dict(sorted(answer.assumed.items())),
        "notes": list(answer.notes),
        "source": answer.source,
    }


def _way_json(way: Way, answer: WhoAnswer) -> dict[str, Any]:
    return {
        "who": way.holder.who,
        "kind": way.holder.kind,
        "arn": way.holder.arn,
        "ours": way.holder.ours,
        "answer": "undecided" if way.depends_on else "allowed",
        "grant": way.grant,
        "id": way.id_,
        "roles": list(way.roles),
        "session_policy": way.has_session_policy,
        "conditions": list(way.conditions),
        "depends_on": list(way.depends_on),
        "statements": [_statement_json(each, answer) for each in way.statements],
    }


def _statement_json(each: WhoStatement, answer: WhoAnswer) -> dict[str, Any]:
    reason = each.statement.reason
    return {
        "layer": reason.layer.value,
        "policy": reason.policy,
        "statement": reason.index,
        "sid": reason.sid,
        "place": each.statement.location,
        "file": answer.file if each.line else None,
        "line": each.line,
    }

"""The shortest true way to say which requests changed: the widest pattern that is allowed as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass

from temp_access.review.actions import action_matches
from temp_access.review.asks import Ask
from temp_access.review.compare import Compared
from temp_access.review.contexts import Context
from temp_access.review.side import Side
from temp_access.review.spots import Spot


@dataclass(frozen=True)
class Found:
    """Requests that changed alike; `example` is one of them, `whole` whether the pattern changed as a whole."""

    action: str
    pattern: str
    prefix: str | None
    context: Context
    example: Ask
    whole: bool


@dataclass(frozen=True)
class Cell:
    """An action pattern in one place: the requests inside, and how many of them were allowed before."""

    action: str
    spot: Spot
    inside: frozenset[Ask]
    old: int


def cover(compared: Compared, head: Side, *, gained: bool) -> Iterator[Found]:
    """Yield what was gained (or lost), each request in one entry; special conditions only for what they add."""
    told: set[tuple[str, str, str | None]] = set()
    by_context: dict[Context, dict[Ask, bool]] = {}
    for ask, (before, after) in compared.answers.items():
        had, has = (before.allowed, after.allowed) if gained else (after.allowed, before.allowed)
        if has:
            by_context.setdefault(ask.context, {})[ask] = not had
    for context, allowed in by_context.items():
        changed = {a for a, new in allowed.items() if new and (a.action, a.resource, a.prefix) not in told}
        told |= {(a.action, a.resource, a.prefix) for a in changed}
        if changed:
            yield from _cover(compared, head, context, allowed, changed)


def _cover(
    compared: Compared, head: Side, context: Context, allowed: dict[Ask, bool], changed: set[Ask]
) -> Iterator[Found]:
    universe = [ask for ask in compared.answers if ask.context == context]
    cells: list[Cell] = []
    for action in compared.actions:
        named = [ask for ask in universe if action_matches(action, ask.action)]
        for spot in compared.spots:
            inside = frozenset(ask for ask in named if spot.covers(head, ask.resource, ask.prefix))
            if inside & changed and all(ask in allowed for ask in inside):
                cells.append(Cell(action, spot, inside, len(inside - changed)))
    left = set(changed)
    chosen: list[Cell] = []
    # First what is new as a whole, the widest first; then what adds the least that was allowed before.
    for cell in sorted(
        cells,
        key=lambda cell: (cell.old, -len(cell.inside), cell.action.count("*"), -len(cell.action), -_width(cell.spot)),
    ):
        if cell.inside & left:
            chosen.append(cell)
            left -= cell.inside
    for cell in chosen:
        new = cell.inside & changed
        if not any(new < other.inside & changed for other in chosen):
            yield Found(cell.action, cell.spot.pattern, cell.spot.prefix, context, min(new, key=_order), True)
    for ask in sorted(_told_one_by_one(left), key=_order):
        yield Found(ask.action, ask.resource, ask.prefix, context, ask, False)


def _told_one_by_one(left: set[Ask]) -> list[Ask]:
    # Whoever lists the whole bucket lists every prefix; and an invented action says nothing beside a real one.
    whole = {(ask.action, ask.resource) for ask in left if ask.prefix is None}
    kept = [ask for ask in left if ask.prefix is None or (ask.action, ask.resource) not in whole]
    return [ask for ask in kept if "Example" not in ask.action] or kept


def _width(spot: Spot) -> int:
    return len(spot.pattern) + len(spot.prefix or "")


def _order(ask: Ask) -> tuple[str, str, str]:
    return (ask.action, ask.resource, ask.prefix or "")

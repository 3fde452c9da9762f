"""The shortest true way to say which requests changed: the widest pattern that is allowed as a whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from temp_access.review.compare.actions import action_matches, is_invented, is_pattern, service_of
from temp_access.review.compare.decisions import DecisionPairs
from temp_access.review.compare.requests import ConditionContext, SampleRequest
from temp_access.review.compare.scopes import ResourceScope
from temp_access.review.snapshot import Snapshot


@dataclass(frozen=True)
class AccessDelta:
    """Requests that changed alike; `example` is one of them, `whole` whether the pattern is allowed as a whole.

    `rest` is the pattern and prefix of what in it didn't change, None if all did (or it has no name); `but` of what
    in it isn't allowed.
    """

    action: str
    pattern: str
    prefix: str | None
    context: ConditionContext
    example: SampleRequest
    whole: bool
    gained: bool
    rest: tuple[str, str | None] | None = None
    exception: tuple[str, str | None] | None = None


@dataclass(frozen=True)
class Candidate:
    """An action pattern in one place: the requests inside, and how many of them were allowed before."""

    action: str
    spot: ResourceScope
    inside: frozenset[SampleRequest]
    old: int


def generalize(compared: DecisionPairs, head: Snapshot, *, gained: bool) -> Iterator[AccessDelta]:
    """Yield what was gained (or lost), each request in one entry; special conditions only for what they add."""
    told: set[tuple[str, str, str | None]] = set()
    by_context: dict[ConditionContext, dict[SampleRequest, bool]] = {}
    for ask, (before, after) in compared.decisions.items():
        had, has = (before.allowed, after.allowed) if gained else (after.allowed, before.allowed)
        if has:
            by_context.setdefault(ask.context, {})[ask] = not had
    for context, allowed in by_context.items():
        changed = {a for a, new in allowed.items() if new and (a.action, a.resource, a.prefix) not in told}
        told |= {(a.action, a.resource, a.prefix) for a in changed}
        if changed:
            yield from _generalize(compared, head, context, allowed, changed, gained)


def _generalize(
    compared: DecisionPairs,
    head: Snapshot,
    context: ConditionContext,
    allowed: dict[SampleRequest, bool],
    changed: set[SampleRequest],
    gained: bool,
) -> Iterator[AccessDelta]:
    universe = [ask for ask in compared.decisions if ask.context == context]
    chosen: list[Candidate] = []
    left = set(changed)
    # The patterns as they are written; then single actions, where something takes a part out of a pattern.
    for single in (False, True):
        actions = sorted({ask.action for ask in left}) if single else compared.actions
        for cell in _candidates(compared, head, universe, actions, allowed, changed):
            if cell.inside & left:
                chosen.append(cell)
                left -= cell.inside
    news = [cell.inside & changed for cell in chosen]
    for cell, new in zip(chosen, news, strict=True):
        if not any(new < other for other in news):
            rest = _unchanged_part(compared, head, cell, changed)
            spot, example = cell.spot, min(new, key=_order)
            yield AccessDelta(cell.action, spot.pattern, spot.prefix, context, example, True, gained, rest)
    for cell, hole in _with_exceptions(compared, head, universe, allowed, left):
        spot, example = cell.spot, min(cell.inside & left, key=_order)
        left -= cell.inside
        yield AccessDelta(cell.action, spot.pattern, spot.prefix, context, example, True, gained, None, hole)
    for ask in sorted(_representative(left), key=_order):
        yield AccessDelta(ask.action, ask.resource, ask.prefix, context, ask, False, gained)


def _candidates(
    compared: DecisionPairs,
    head: Snapshot,
    universe: list[SampleRequest],
    actions: Iterable[str],
    allowed: dict[SampleRequest, bool],
    changed: set[SampleRequest],
) -> list[Candidate]:
    """Return what is allowed as a whole: first what is new as a whole, the widest first, then what adds the least."""
    by_service: dict[str, list[SampleRequest]] = {}
    by_action: dict[str, list[SampleRequest]] = {}
    for ask in universe:
        by_service.setdefault(service_of(ask.action), []).append(ask)
        by_action.setdefault(ask.action.lower(), []).append(ask)
    cells = []
    for action in actions:
        # A policy of AWS's can name a thousand actions: only a pattern of services has to be held against all.
        fitting = universe if is_pattern(service_of(action)) else by_service.get(service_of(action), [])
        if is_pattern(action):
            named = [ask for ask in fitting if action_matches(action, ask.action)]
        else:
            named = by_action.get(action.lower(), [])
        for spot in compared.scopes:
            inside = frozenset(ask for ask in named if spot.covers(head, ask.resource, ask.prefix))
            if inside & changed and all(ask in allowed for ask in inside):
                cells.append(Candidate(action, spot, inside, len(inside - changed)))
    return sorted(
        cells,
        key=lambda cell: (cell.old, -len(cell.inside), cell.action.count("*"), -len(cell.action), -_width(cell.spot)),
    )


def _with_exceptions(
    compared: DecisionPairs,
    head: Snapshot,
    universe: list[SampleRequest],
    allowed: dict[SampleRequest, bool],
    left: set[SampleRequest],
) -> Iterator[tuple[Candidate, tuple[str, str | None]]]:
    """Yield, for each action, the place that is allowed but for one place in it, and holds the most of `left`."""
    for action in dict.fromkeys(ask.action for ask in sorted(left, key=_order)):
        named = [ask for ask in universe if ask.action == action]
        insides = [frozenset(a for a in named if spot.covers(head, a.resource, a.prefix)) for spot in compared.scopes]
        found = []
        for spot, inside in zip(compared.scopes, insides, strict=True):
            for hole, out in zip(compared.scopes, insides, strict=True):
                kept = inside - out
                if kept & left and kept < inside and all(ask in allowed for ask in kept):
                    found.append((len(kept & left), len(kept), Candidate(action, spot, kept, 0), hole))
        if found:
            *_, cell, hole = max(found, key=lambda each: each[:2])
            yield cell, (hole.pattern, hole.prefix)


def _unchanged_part(
    compared: DecisionPairs, head: Snapshot, cell: Candidate, changed: set[SampleRequest]
) -> tuple[str, str | None] | None:
    """Return the one place that holds all in `cell` that didn't change."""
    unchanged = cell.inside - changed
    for spot in compared.scopes:
        if unchanged and unchanged == {ask for ask in cell.inside if spot.covers(head, ask.resource, ask.prefix)}:
            return spot.pattern, spot.prefix
    return None


def _representative(left: set[SampleRequest]) -> list[SampleRequest]:
    # Whoever lists the whole bucket lists every prefix; and an invented action says nothing beside a real one.
    whole = {(ask.action, ask.resource) for ask in left if ask.prefix is None}
    kept = [ask for ask in left if ask.prefix is None or (ask.action, ask.resource) not in whole]
    return [ask for ask in kept if not is_invented(ask.action)] or kept


def _width(spot: ResourceScope) -> int:
    return len(spot.pattern) + len(spot.prefix or "")


def _order(ask: SampleRequest) -> tuple[str, str, str]:
    return (ask.action, ask.resource, ask.prefix or "")

"""What each actor can do now and couldn't, and the other way round, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from temp_access.review.actors import Actor
from temp_access.review.causes import cause
from temp_access.review.compare import Compared, compare
from temp_access.review.cover import Found, cover
from temp_access.review.model import Cause, Change, Direction
from temp_access.review.served import OTHERS, folder_of
from temp_access.review.side import Side
from temp_access.review.tokens import BUCKET
from temp_access.review.words import ability, target

_Place = tuple[str, str | None]
_Key = tuple[str, str | None, str, _Place | None, _Place | None, bool, Cause]


def access_changes(actor: Actor, base: Side, head: Side) -> Iterator[Change]:
    """Yield what `actor` gained, then what it lost; requests with one place and one cause are one change."""
    compared = compare(actor, base, head)
    for gained in (True, False):
        grouped: dict[_Key, list[Found]] = {}
        for found in cover(compared, head, gained=gained):
            grouped.setdefault(_key(found, actor, (base, head), compared), []).append(found)
        direction, can = (Direction.BROADENED, "can now") if gained else (Direction.NARROWED, "can no longer")
        for why, places in _by_cause(grouped):
            text = f"{actor.subject} {can} {ability(places[0], further=len(places) - 1)}{actor.limit}"
            yield _of_any_id(actor, base, head, Change(actor.subject, direction, text, why, target(places[0][0])))


def _key(found: Found, actor: Actor, sides: tuple[Side, Side], compared: Compared) -> _Key:
    why = cause(actor, sides, compared.answers[found.example])
    return (found.pattern, found.prefix, found.context.words, found.rest, found.but, found.whole, why)


def _by_cause(grouped: Mapping[_Key, list[Found]]) -> Iterator[tuple[Cause, list[list[Found]]]]:
    """Yield each cause with what changed in one place, or in all places outside of the bucket where it is the same."""
    found: dict[tuple[object, ...], tuple[Cause, list[list[Found]]]] = {}
    for key, entries in grouped.items():
        first = entries[0]
        inside = first.pattern.startswith(BUCKET) or first.pattern == "*" or not first.whole
        actions = tuple(entry.action for entry in entries)
        alike = key if inside else (actions, first.context.words, key[-1])
        found.setdefault(alike, (key[-1], []))[1].append(entries)
    yield from found.values()


def _of_any_id(actor: Actor, base: Side, head: Side, change: Change) -> Change:
    """Write the folder of unlisted ids as `[any_id]` does, not that of the id that stands for them."""
    if actor.subject != OTHERS or not actor.grants:
        return change
    for side, grant in zip((base, head), actor.grants, strict=True):
        shown = folder_of(side, OTHERS, grant)
        change = replace(
            change,
            text=change.text.replace(f"{grant.folder}/", shown),
            cause=replace(change.cause, text=change.cause.text.replace(f"{grant.folder}/", shown)),
            target=change.target and change.target.replace(f"{grant.folder}/", shown),
        )
    return change

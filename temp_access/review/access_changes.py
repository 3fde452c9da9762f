"""What each actor can do now and couldn't, and the other way round, in words."""

from collections.abc import Iterator
from dataclasses import replace

from temp_access.review.actors import Actor
from temp_access.review.causes import cause
from temp_access.review.compare import Compared, compare
from temp_access.review.cover import Found, cover
from temp_access.review.model import Cause, Change, Direction
from temp_access.review.served import OTHERS, folder_of
from temp_access.review.side import Side
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
        for key, entries in grouped.items():
            text = f"{actor.subject} {can} {ability(entries)}{actor.limit}"
            yield _of_any_id(actor, base, head, Change(actor.subject, direction, text, key[-1], target(entries[0])))


def _key(found: Found, actor: Actor, sides: tuple[Side, Side], compared: Compared) -> _Key:
    why = cause(actor, sides, compared.answers[found.example])
    return (found.pattern, found.prefix, found.context.words, found.rest, found.but, found.whole, why)


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

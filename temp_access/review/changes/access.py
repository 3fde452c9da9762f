"""What each actor can do now and couldn't, and the other way round, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from temp_access.review.changes.causes import cause
from temp_access.review.changes.wording import describe_access, describe_target
from temp_access.review.compare.decisions import DecisionPairs, decide_both
from temp_access.review.compare.generalize import AccessDelta, generalize
from temp_access.review.compare.principals import ComparedPrincipal
from temp_access.review.model import Cause, Change, Direction
from temp_access.review.snapshot import BUCKET, UNLISTED, Snapshot, folder_of

_Place = tuple[str, str | None]
_Key = tuple[str, str | None, str, _Place | None, _Place | None, bool, Cause]


def access_changes(actor: ComparedPrincipal, base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield what `actor` gained, then what it lost; requests with one place and one cause are one change."""
    compared = decide_both(actor, base, head)
    for gained in (True, False):
        grouped: dict[_Key, list[AccessDelta]] = {}
        for found in generalize(compared, head, gained=gained):
            grouped.setdefault(_key(found, actor, (base, head), compared), []).append(found)
        direction, can = (Direction.BROADENED, "can now") if gained else (Direction.NARROWED, "can no longer")
        for why, places in _by_cause(grouped):
            text = f"{actor.subject} {can} {describe_access(places[0], further=len(places) - 1)}{actor.limit}"
            yield _of_any_id(
                actor, base, head, Change(actor.subject, direction, text, why, describe_target(places[0][0]))
            )


def _key(
    found: AccessDelta, actor: ComparedPrincipal, sides: tuple[Snapshot, Snapshot], compared: DecisionPairs
) -> _Key:
    why = cause(actor, sides, compared.decisions[found.example])
    return (found.pattern, found.prefix, found.context.words, found.rest, found.exception, found.whole, why)


def _by_cause(grouped: Mapping[_Key, list[AccessDelta]]) -> Iterator[tuple[Cause, list[list[AccessDelta]]]]:
    """Yield each cause with what changed in one place, or in all places outside of the bucket where it is the same."""
    found: dict[tuple[object, ...], tuple[Cause, list[list[AccessDelta]]]] = {}
    for key, entries in grouped.items():
        first = entries[0]
        inside = first.pattern.startswith(BUCKET) or first.pattern == "*" or not first.whole
        actions = tuple(entry.action for entry in entries)
        alike = key if inside else (actions, first.context.words, key[-1])
        found.setdefault(alike, (key[-1], []))[1].append(entries)
    yield from found.values()


def _of_any_id(actor: ComparedPrincipal, base: Snapshot, head: Snapshot, change: Change) -> Change:
    """Write the folder of unlisted ids as `[any_id]` does, not that of the id that stands for them."""
    if actor.subject != UNLISTED or not actor.grants:
        return change
    for side, grant in zip((base, head), actor.grants, strict=True):
        shown = folder_of(side, UNLISTED, grant)
        change = replace(
            change,
            text=change.text.replace(f"{grant.folder}/", shown),
            cause=replace(change.cause, text=change.cause.text.replace(f"{grant.folder}/", shown)),
            target=change.target and change.target.replace(f"{grant.folder}/", shown),
        )
    return change

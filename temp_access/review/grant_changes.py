"""New and removed grants, how long sessions last, and which unlisted ids are admitted."""

from collections.abc import Iterator, Mapping

from temp_access.config.duration import format_duration
from temp_access.config.model import AnyId, Grant
from temp_access.config.table import key_path
from temp_access.policy.access import MODES
from temp_access.review.causes import grant_place
from temp_access.review.model import Cause, Change, Direction
from temp_access.review.places import line, of_kind
from temp_access.review.side import Side

_OTHERS = "any other id"
_MAY = {
    "list": "list {}",
    "read": "list and read {}",
    "write": "write to {}",
    "read-write": "list, read, upload and delete in {}",
    "full": "do every S3 action on the objects of {}, and list it",
}


def grant_changes(base: Side, head: Side) -> Iterator[Change]:
    """Yield each grant that is on one side only, and each whose longest session changed."""
    before, after = _grants(base), _grants(head)
    for id_, grant in after.items():
        if id_ not in before:
            yield _one_sided(head, id_, grant, f"new: {id_} may {_words(head, grant)}", Direction.BROADENED)
    for id_, grant in before.items():
        if id_ not in after:
            yield _one_sided(
                base, id_, grant, f"removed: {id_} may no longer {_words(base, grant)}", Direction.NARROWED
            )
    for id_, grant in after.items():
        if id_ in before:
            yield from _durations(base, head, id_, before[id_], grant)
    if base.config.any_id and head.config.any_id:
        yield from _pattern(base.config.any_id, head.config.any_id, head)


def role_duration(base: Side, head: Side) -> Iterator[Change]:
    """Yield the change of the role's longest session."""
    before, after = (side.state.role.max_session_duration for side in (base, head))
    if before == after:
        return
    name, path = head.state.role.name, "role.max_session_duration"
    place = line(head, path) if head.config.role.max_session_duration == after else None
    text = f"maximum session of {name} {format_duration(before)} → {format_duration(after)}"
    said = Cause(f"MaxSessionDuration: {after}", place or of_kind(head, "AWS::IAM::Role"))
    yield Change(name, _longer(before, after), text, said)


def _grants(side: Side) -> Mapping[str, Grant]:
    any_id = side.config.any_id
    others = {_OTHERS: any_id.grant("{id}")} if any_id else {}
    return {**side.config.grants, **others}


def _words(side: Side, grant: Grant) -> str:
    longest = grant.duration or side.state.role.max_session_duration
    return f"{_MAY[grant.access].format(f'{grant.folder}/')} for {format_duration(longest)} at most"


def _one_sided(side: Side, id_: str, grant: Grant, text: str, direction: Direction) -> Change:
    said = "; ".join((f"access {grant.access}: {MODES[grant.access].summary}", f"folder {grant.folder}/"))
    return Change(id_, direction, text, Cause(said, _table(side, grant)), f"{grant.folder}/")


def _table(side: Side, grant: Grant) -> str:
    path = key_path("grants", grant.id) if grant.id in side.config.grants else "any_id"
    return line(side, path) or grant_place(side, grant.id)


def _durations(base: Side, head: Side, id_: str, before: Grant, after: Grant) -> Iterator[Change]:
    if before.duration is None and after.duration is None:
        return
    old, new = (
        min(grant.duration or side.state.role.max_session_duration, side.state.role.max_session_duration)
        for grant, side in ((before, base), (after, head))
    )
    if old != new:
        text = f"maximum session of {id_} {format_duration(old)} → {format_duration(new)}"
        written = head if after.duration else base
        said = Cause(f"duration: {format_duration(new)}", grant_place(written, id_, "duration"))
        yield Change(id_, _longer(old, new), text, said)


def _pattern(before: AnyId, after: AnyId, head: Side) -> Iterator[Change]:
    old, new = before.pattern.source, after.pattern.source
    if old != new:
        text = f"unlisted ids are admitted by {new} instead of {old}"
        said = Cause(f"pattern: {new}", line(head, "any_id.pattern") or "access.toml")
        yield Change(_OTHERS, Direction.BOTH, text, said)


def _longer(before: int, after: int) -> Direction:
    return Direction.BROADENED if after > before else Direction.NARROWED

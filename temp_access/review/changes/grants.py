"""New and removed grants, how long sessions last, and which unlisted ids are admitted."""

from collections.abc import Iterator

from temp_access.config.id_pattern.automaton import is_subset
from temp_access.config.model import Grant, IdPatternGrant
from temp_access.config.table import format_duration
from temp_access.policies.access_modes import ACCESS_MODES
from temp_access.review.locations import changed_places, locate_key, locate_type, table_place
from temp_access.review.model import Cause, Change, Direction
from temp_access.review.snapshot import UNLISTED, Snapshot, folder_of, grant_pairs

_MAY = {
    "list": "list {}",
    "read": "list and read {}",
    "write": "write to {}",
    "read-write": "list, read, upload and delete in {}",
    "full": "do every S3 action on the objects of {}, and list it",
}
_Folders = dict[str, list[Grant]]


def grant_changes(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield each grant that is on one side only, and each whose longest session changed."""
    folders = {side.name: _folders(side) for side in (base, head)}
    for id_, before, after in grant_pairs(base, head):
        if after and not before:
            yield _one_sided(head, folders["head"], id_, after, f"new: {id_} may", Direction.BROADENED)
        if before and not after:
            yield _one_sided(base, folders["base"], id_, before, f"removed: {id_} may no longer", Direction.NARROWED)
        if before and after:
            yield from _durations(base, head, id_, before, after)
    if base.config.any_id and head.config.any_id:
        yield from _pattern(base.config.any_id, head.config.any_id, head)


def role_duration(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield the change of the role's longest session."""
    before, after = (side.state.role.max_session_duration for side in (base, head))
    if before == after:
        return
    name, path = head.state.role.name, "role.max_session_duration"
    place = locate_key(head, path) if head.config.role.max_session_duration == after else None
    text = f"maximum session of {name} {format_duration(before)} → {format_duration(after)}"
    said = Cause(f"MaxSessionDuration: {after}", (place or locate_type(head, "AWS::IAM::Role"),))
    yield Change(name, _longer(before, after), text, said)


def _one_sided(side: Snapshot, folders: _Folders, id_: str, grant: Grant, text: str, direction: Direction) -> Change:
    folder = folder_of(side, id_, grant)
    longest = grant.duration or side.state.role.max_session_duration
    outer = [f"{each.folder}/, the folder of {each.id}" for each in _around(folders, grant)]
    inside = f" (inside {' and '.join(outer)})" if outer else ""
    any_id = side.config.any_id
    admitted = f"; pattern {any_id.pattern.source}" if any_id and id_ == UNLISTED else ""
    said = f"access {grant.access}: {ACCESS_MODES[grant.access].summary}; folder {folder}{admitted}"
    # For how long matters for what is there now.
    time = f", for {format_duration(longest)} at most" if side.name == "head" else ""
    words = f"{text} {_MAY[grant.access].format(folder)}{inside}{time}"
    return Change(id_, direction, words, Cause(said, (table_place(side, grant.id),)), folder)


def _folders(side: Snapshot) -> _Folders:
    found: _Folders = {}
    for grant in side.config.grants.values():
        found.setdefault(grant.folder, []).append(grant)
    return found


def _around(folders: _Folders, grant: Grant) -> Iterator[Grant]:
    parts = grant.folder.split("/")
    for length in range(1, len(parts) + 1):
        yield from (each for each in folders.get("/".join(parts[:length]), ()) if each.id != grant.id)


def _durations(base: Snapshot, head: Snapshot, id_: str, before: Grant, after: Grant) -> Iterator[Change]:
    if before.duration is None and after.duration is None:
        return
    old, new = (
        min(grant.duration or side.state.role.max_session_duration, side.state.role.max_session_duration)
        for grant, side in ((before, base), (after, head))
    )
    if old != new:
        text = f"maximum session of {id_} {format_duration(old)} → {format_duration(new)}"
        said = Cause(
            f"duration: {format_duration(new)}", changed_places(base, head, after.id, (before, after), "duration")
        )
        yield Change(id_, _longer(old, new), text, said)


def _pattern(before: IdPatternGrant, after: IdPatternGrant, head: Snapshot) -> Iterator[Change]:
    old, new = before.pattern, after.pattern
    if old.source == new.source:
        return
    wider, narrower = is_subset(old.tree, new.tree), is_subset(new.tree, old.tree)
    if wider and narrower:
        return
    direction = Direction.BROADENED if wider else Direction.NARROWED if narrower else Direction.BOTH
    text = f"unlisted ids are admitted by {new.source} instead of {old.source}"
    place = locate_key(head, "any_id.pattern") or locate_type(head, "AWS::IAM::Role")
    yield Change(UNLISTED, direction, text, Cause(f"pattern: {new.source}", (place,)))


def _longer(before: int, after: int) -> Direction:
    return Direction.BROADENED if after > before else Direction.NARROWED

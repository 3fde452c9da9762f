"""Changes of grants: new and removed ones, maximum session durations, and the pattern of unlisted ids."""

from collections.abc import Iterable, Iterator

from temp_access.config.id_pattern.automaton import is_subset
from temp_access.config.model import Grant, IdPatternGrant
from temp_access.config.table import format_duration
from temp_access.policies.access_modes import EXTRAS, access_of, grant_access
from temp_access.policies.role_names import grant_role_name, grant_session_maximum
from temp_access.review.locations import changed_locations, locate_holder, locate_key, locate_type, table_location
from temp_access.review.model import Cause, Change, Direction
from temp_access.review.snapshot import UNLISTED, Snapshot, folder_of, grant_pairs, session_holder, session_maximum

_ROLE = "AWS::IAM::Role"
_ACCESS = {
    "list": "list {}",
    "read": "list and read {}",
    "write": "write to {}",
    "read-write": "list, read, upload and delete in {}",
    "full": "call every S3 action on the objects in {}, and list it",
}
_MAX_BORROWERS = 5
_GrantsByFolder = dict[str, list[Grant]]


def grant_changes(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield each grant that only one snapshot has, and each whose maximum session duration or extras changed."""
    folders = {snapshot.name: _grants_by_folder(snapshot) for snapshot in (base, head)}
    for id_, before, after in grant_pairs(base, head):
        if after and not before:
            yield _one_sided(head, folders["head"], id_, after)
        if before and not after:
            yield _one_sided(base, folders["base"], id_, before)
        if before and after:
            yield from _move(base, head, id_, before, after)
            yield from _duration_changes(base, head, id_, before, after)
            yield from _extras_changes(base, head, id_, before, after)
    if base.config.any_id and head.config.any_id:
        yield from _pattern_changes(base.config.any_id, head.config.any_id, head)


def role_duration(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield the change of the role's maximum session duration."""
    before, after = (snapshot.state.role.max_session_duration for snapshot in (base, head))
    if before == after:
        return
    name, path = head.state.role.name, "role.max_session_duration"
    location = locate_key(head, path) if head.config.role.max_session_duration == after else None
    cause = Cause(f"MaxSessionDuration: {after}", (location or locate_type(head, _ROLE),))
    yield _duration_change(name, before, after, cause)


def _one_sided(snapshot: Snapshot, folders: _GrantsByFolder, id_: str, grant: Grant) -> Change:
    added = snapshot.name == "head"
    folder = folder_of(snapshot, id_, grant)
    outer = [f"{other.folder}/, the folder of {other.id}" for other in _enclosing(folders, grant)]
    inside = f" (inside {' and '.join(outer)})" if outer else ""
    mode = grant_access(grant)
    access = f"{_ACCESS[grant.access].format(folder)}{inside}{mode.with_extras}"
    longest = format_duration(
        session_maximum(snapshot, grant)
        if grant.borrowers
        else grant.duration or snapshot.state.role.max_session_duration
    )
    borrowers = f", borrowed by {_names(grant)}" if grant.borrowers else ""
    # The duration matters only for a grant that head still has.
    description = (
        f"new grant: {id_} may {access}, for at most {longest}{borrowers}"
        if added
        else f"removed grant: {id_} may no longer {access}"
    )
    any_id = snapshot.config.any_id
    pattern = f"; pattern {any_id.pattern.source}" if any_id and id_ == UNLISTED else ""
    cause = Cause(
        f"access {mode.name}: {mode.summary}; folder {folder}{pattern}",
        (table_location(snapshot, grant.id),),
    )
    return Change(id_, Direction.BROADENED if added else Direction.NARROWED, description, cause, folder)


def _names(grant: Grant) -> str:
    texts = [borrower.text for borrower in grant.borrowers]
    more = f" and {len(texts) - _MAX_BORROWERS} more" if len(texts) > _MAX_BORROWERS else ""
    return ", ".join(texts[:_MAX_BORROWERS]) + more


def _move(base: Snapshot, head: Snapshot, id_: str, before: Grant, after: Grant) -> Iterator[Change]:
    """Yield who can no longer borrow a grant that has a role of its own now, or who can that one that has none now.

    Who can assume a grant's own role is told by its trust policy.
    """
    if bool(before.borrowers) is bool(after.borrowers):
        return
    gained = not after.borrowers
    snapshot, own = (head, before) if gained else (base, after)
    borrowers = {each.resource for each in own.borrowers if each.account is None}
    trusted = [
        each.resource if each.account is None else f"{each.resource} of account {each.account}"
        for each in snapshot.config.role.trusted
    ]
    names = ", ".join([snapshot.state.user.name, *(name for name in trusted if name not in borrowers)])
    role, own_role = snapshot.state.role.name, grant_role_name(snapshot.config.role.name, after.id)
    if gained:
        description = f"{id_} no longer has its own role {own_role}: {names} can now borrow it through {role}"
    else:
        description = f"{id_} now has its own role {own_role}: {names} can no longer borrow it through {role}"
    locations = changed_locations(base, head, after.id, (before, after), "borrowers")
    cause = Cause(f"borrowers: {_names(after) or 'none'}", locations)
    yield Change(id_, Direction.BROADENED if gained else Direction.NARROWED, description, cause)


def _grants_by_folder(snapshot: Snapshot) -> _GrantsByFolder:
    grants: _GrantsByFolder = {}
    for grant in snapshot.config.grants.values():
        grants.setdefault(grant.folder, []).append(grant)
    return grants


def _enclosing(folders: _GrantsByFolder, grant: Grant) -> Iterator[Grant]:
    parts = grant.folder.split("/")
    for length in range(1, len(parts) + 1):
        yield from (other for other in folders.get("/".join(parts[:length]), ()) if other.id != grant.id)


def _duration_changes(base: Snapshot, head: Snapshot, id_: str, before: Grant, after: Grant) -> Iterator[Change]:
    old, new = session_maximum(base, before), session_maximum(head, after)
    maximums = base.state.role.max_session_duration, head.state.role.max_session_duration
    if before.duration is None and after.duration is None and (old, new) == maximums:
        # The change of the role's says it.
        return
    if old != new:
        locations = changed_locations(base, head, after.id, (before, after), "duration", "borrowers")
        if after.borrowers and new != grant_session_maximum(after, head.config.role):
            locations = (locate_holder(head, session_holder(head, after.id)),)
        yield _duration_change(id_, old, new, Cause(f"duration: {format_duration(new)}", locations))


def _extras_changes(base: Snapshot, head: Snapshot, id_: str, before: Grant, after: Grant) -> Iterator[Change]:
    # The comparison of access names the actions; this names the extra.
    for grant, other, added in ((after, before, True), (before, after, False)):
        new = [name for name in grant.extras if name not in other.extras and not _has(other, _given(grant, name))]
        if not new:
            continue
        names = " and ".join(part for part in (", ".join(new[:-1]), new[-1]) if part)
        locations = changed_locations(base, head, after.id, (before, after), "extras")
        cause = Cause("; ".join(f"{name}: {EXTRAS[name]}" for name in new), locations)
        extras = f"{'new' if added else 'removed'} extra{'s' if len(new) > 1 else ''}"
        yield Change(id_, Direction.BROADENED if added else Direction.NARROWED, f"{extras} of {id_}: {names}", cause)


def _given(grant: Grant, extra: str) -> set[str]:
    """Return the actions that the grant wouldn't have without one of its extras."""
    whole, rest = grant_access(grant), access_of(grant.access, tuple(name for name in grant.extras if name != extra))
    return {action for action in (*whole.bucket_actions, *whole.object_actions) if not rest.allows(action)}


def _has(grant: Grant, actions: Iterable[str]) -> bool:
    return all(map(grant_access(grant).allows, actions))


def _duration_change(subject: str, before: int, after: int, cause: Cause) -> Change:
    direction = Direction.BROADENED if after > before else Direction.NARROWED
    durations = f"{format_duration(before)} → {format_duration(after)}"
    return Change(subject, direction, f"maximum session duration of {subject}: {durations}", cause)


def _pattern_changes(before: IdPatternGrant, after: IdPatternGrant, head: Snapshot) -> Iterator[Change]:
    old, new = before.pattern, after.pattern
    if old.source == new.source:
        return
    wider, narrower = is_subset(old.tree, new.tree), is_subset(new.tree, old.tree)
    if wider and narrower:
        return
    direction = Direction.BROADENED if wider else Direction.NARROWED if narrower else Direction.BOTH
    description = f"unlisted ids must match {new.source} instead of {old.source}"
    location = locate_key(head, "any_id.pattern") or locate_type(head, _ROLE)
    yield Change(UNLISTED, direction, description, Cause(f"pattern: {new.source}", (location,)))

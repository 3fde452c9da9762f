"""Access that each principal gained and lost, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from temp_access.review.changes.causes import access_cause
from temp_access.review.changes.wording import describe_access, describe_target
from temp_access.review.compare.decisions import DecisionPairs, decide_both
from temp_access.review.compare.generalize import AccessDelta, generalize
from temp_access.review.compare.principals import ComparedPrincipal
from temp_access.review.model import Cause, Change, Direction
from temp_access.review.snapshot import BUCKET, UNLISTED, Snapshot, Snapshots, folder_of

_Scope = tuple[str, str | None]
_GroupKey = tuple[str, str | None, str, _Scope | None, _Scope | None, bool, Cause]


def access_changes(principal: ComparedPrincipal, base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield what `principal` gained, then what it lost; requests with one scope and one cause are one change."""
    compared = decide_both(principal, base, head)
    for gained in (True, False):
        groups: dict[_GroupKey, list[AccessDelta]] = {}
        for delta in generalize(compared, head, gained=gained):
            groups.setdefault(_group_key(delta, principal, (base, head), compared), []).append(delta)
        direction, can = (Direction.BROADENED, "can now") if gained else (Direction.NARROWED, "can no longer")
        for cause, scopes in _group_by_cause(groups):
            access = describe_access(scopes[0], further=len(scopes) - 1)
            description = f"{principal.subject} {can} {access}{principal.caveat}"
            change = Change(principal.subject, direction, description, cause, describe_target(scopes[0][0]))
            yield _with_any_id_folder(principal, base, head, change)


def _group_key(
    delta: AccessDelta, principal: ComparedPrincipal, snapshots: Snapshots, compared: DecisionPairs
) -> _GroupKey:
    cause = access_cause(principal, snapshots, compared.decisions[delta.example])
    scopes = (delta.unchanged_part, delta.exception)
    return (delta.pattern, delta.prefix, delta.context.description, *scopes, delta.whole, cause)


def _group_by_cause(groups: Mapping[_GroupKey, list[AccessDelta]]) -> Iterator[tuple[Cause, list[list[AccessDelta]]]]:
    """Yield each cause with one scope; scopes outside of the bucket with the same actions and cause together."""
    merged: dict[tuple[object, ...], tuple[Cause, list[list[AccessDelta]]]] = {}
    for key, deltas in groups.items():
        first, cause = deltas[0], key[-1]
        alone = first.pattern.startswith(BUCKET) or first.pattern == "*" or not first.whole
        actions = tuple(delta.action for delta in deltas)
        merged_key = key if alone else (actions, first.context.description, cause)
        merged.setdefault(merged_key, (cause, []))[1].append(deltas)
    yield from merged.values()


def _with_any_id_folder(principal: ComparedPrincipal, base: Snapshot, head: Snapshot, change: Change) -> Change:
    """Replace the folder of the id that represents unlisted ids by the folder that `[any_id]` names."""
    if principal.subject != UNLISTED or not principal.grants:
        return change
    for snapshot, grant in zip((base, head), principal.grants, strict=True):
        own, folder = f"{grant.folder}/", folder_of(snapshot, UNLISTED, grant)
        change = replace(
            change,
            description=change.description.replace(own, folder),
            cause=replace(change.cause, description=change.cause.description.replace(own, folder)),
            target=change.target and change.target.replace(own, folder),
        )
    return change

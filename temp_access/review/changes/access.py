"""Access that each principal gained and lost, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from temp_access.review.changes.causes import access_cause
from temp_access.review.changes.wording import describe_access, describe_target
from temp_access.review.compare.decisions import decide_both
from temp_access.review.compare.generalize import AccessDelta, generalize
from temp_access.review.compare.principals import ComparedPrincipal
from temp_access.review.model import Cause, Change, Direction, Unknown
from temp_access.review.names import BUCKET
from temp_access.review.snapshot import UNLISTED, Snapshot, folder_of

_GroupKey = tuple[object, ...]
_CauseAndScopes = tuple[Cause, list[list[AccessDelta]]]


def access_changes(principal: ComparedPrincipal, base: Snapshot, head: Snapshot) -> Iterator[Change | Unknown]:
    """Yield what `principal` gained, then what it lost; requests with one scope and one cause are one change.

    Where decisions depend on something that isn't known, yield that too.
    """
    compared = decide_both(principal, base, head)
    for gained in (True, False):
        groups: dict[_GroupKey, tuple[Cause, list[AccessDelta]]] = {}
        for delta in generalize(compared, head, gained=gained):
            cause = access_cause(principal, (base, head), compared.pair(delta.example, delta.context))
            groups.setdefault((_conditions(delta), cause), (cause, []))[1].append(delta)
        direction, can = (Direction.BROADENED, "can now") if gained else (Direction.NARROWED, "can no longer")
        for cause, scopes in _group_by_cause(groups):
            assert compared.plan  # noqa: S101 - there are no groups without it
            access = describe_access(scopes[0], compared.plan, further=len(scopes) - 1)
            description = f"{principal.subject} {can} {access}{principal.caveat}"
            change = Change(principal.subject, direction, description, cause, describe_target(scopes[0][0]))
            yield _with_any_id_folder(principal, base, head, change)
    # Which unknown policies only one snapshot has is said by itself.
    for name in sorted(compared.unknown.keys() - base.undecided_names - head.undecided_names):
        yield Unknown(f"what {principal.subject} can do depends on {name}")


def _conditions(delta: AccessDelta) -> _GroupKey:
    """Return what the deltas of one change have in common: the scope, the conditions, and what is unchanged."""
    unchanged = (delta.unchanged_part, delta.unchanged_actions, delta.exception, delta.restriction)
    return (delta.pattern, delta.prefix, delta.context, *unchanged, delta.whole)


def _group_by_cause(groups: Mapping[_GroupKey, tuple[Cause, list[AccessDelta]]]) -> Iterator[_CauseAndScopes]:
    """Yield each cause with one scope; scopes outside of the bucket with the same actions and cause together."""
    merged: dict[_GroupKey, _CauseAndScopes] = {}
    for key, (cause, deltas) in groups.items():
        first = deltas[0]
        alone = first.pattern.startswith(BUCKET) or first.pattern == "*" or not first.whole
        actions = tuple(delta.action for delta in deltas)
        merged_key = key if alone else (actions, first.context, cause)
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

"""Who can assume the role now and couldn't, or no longer can, and what it asks of them."""

from collections.abc import Iterator, Mapping

from temp_access.policy.decision import Decision
from temp_access.review.assuming import Keys, assume_callers, assume_decisions, key_combinations, required_keys
from temp_access.review.model import Change, Direction
from temp_access.review.side import Snapshot
from temp_access.review.trust_causes import trust_cause

_NAMES = {
    "sts:externalid": "external id",
    "aws:multifactorauthpresent": "MFA",
    "aws:sourceip": "source IP",
    "sts:sourceidentity": "source identity",
    "sts:rolesessionname": "session name",
}

# No call is without them, so that asking for them means asking for certain ones.
_ALWAYS_THERE = ("source IP", "session name")


def trust_changes(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield a change for each caller whom the role admits in other cases than before."""
    tried = key_combinations(base, head)
    for who in dict.fromkeys(assume_callers(base, head)):
        before, after = assume_decisions(who, base, tried), assume_decisions(who, head, tried)
        old, new = (_allowed(found) for found in (before, after))
        if old == new:
            continue
        asks_old, asks_new = required_keys(old, tried), required_keys(new, tried)
        role = head.target.role_name
        if not old:
            text = f"{role} can now be assumed by {who.words}{_asked(asks_new)}"
        elif not new:
            text = f"{role} can no longer be assumed by {who.words}"
        else:
            text = f"{role} can be assumed by {who.words} {_differently(asks_old, asks_new)}"
        keys = next(keys for keys in tried if (keys in old) is not (keys in new))
        yield Change(
            who.words, _direction(old, new), text, trust_cause(who, (base, head), before[keys], after[keys]), role
        )


def _allowed(found: Mapping[Keys, Decision]) -> set[Keys]:
    return {keys for keys, decision in found.items() if decision.allowed}


def _direction(old: set[Keys], new: set[Keys]) -> Direction:
    if old < new:
        return Direction.BROADENED
    return Direction.NARROWED if new < old else Direction.BOTH


def _asked(wanted: Mapping[str, object]) -> str:
    return f" ({', '.join(f'{_certain(_name(key))} required' for key in wanted)})" if wanted else ""


def _differently(old: Mapping[str, frozenset[str | None]], new: Mapping[str, frozenset[str | None]]) -> str:
    gone = [_freely(_name(key)) for key in old if key not in new]
    added = [f"only with {_certain(_name(key))}" for key in new if key not in old]
    other = [_otherwise(_name(key), old[key], new[key]) for key in new if key in old and new[key] != old[key]]
    return f"now {' and '.join(gone + added + other) or 'on other conditions'}"


def _freely(name: str) -> str:
    return f"with any {name}" if name in _ALWAYS_THERE else f"without {name}"


def _certain(name: str) -> str:
    return f"certain {name}s" if name in _ALWAYS_THERE else name


def _otherwise(name: str, old: frozenset[str | None], new: frozenset[str | None]) -> str:
    if None in new - old:
        return f"also without {name}"
    if None in old - new:
        return f"only with {name}"
    if old < new:
        return f"also with another {name}"
    return f"with fewer {name}s" if new < old else f"with another {name}"


def _name(key: str) -> str:
    return _NAMES.get(key.lower(), key)

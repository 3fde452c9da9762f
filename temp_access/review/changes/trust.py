"""Who can assume the role."""

import itertools
from collections.abc import Iterator, Mapping

from temp_access.iam.decision import Decision
from temp_access.iam.evaluator import evaluate
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.statements import policy_statements
from temp_access.review.changes.causes import trust_cause
from temp_access.review.compare.principals import ExternalPrincipal, external_principal, federated_principals
from temp_access.review.compare.requests import values
from temp_access.review.model import Change, Direction
from temp_access.review.snapshot import ROLE, SESSIONS, USER, Snapshot, localize, normalize

Keys = tuple[tuple[str, str | None], ...]
_MOST = 4096


def assume_callers(base: Snapshot, head: Snapshot) -> Iterator[ExternalPrincipal]:
    """Yield everybody whom either trust policy names, the user first, and sessions of the role itself."""
    yield ExternalPrincipal(head.target.user_name, USER, None)
    named = {normalize(side, name): None for side in (base, head) for name in _named(side)}
    providers = {normalize(side, name): None for side in (base, head) for name in _providers(side)}
    yield from map(federated_principals, providers)
    for name in [*named, "*"]:
        if name in providers:
            continue
        if name == ROLE or name.startswith(SESSIONS):
            yield ExternalPrincipal("its own sessions", f"{SESSIONS}session", None, ROLE)
        elif name != USER:
            # Nobody calls STS for a role without credentials.
            yield from (who for who in external_principal(name) if who.arn != "*")


def key_combinations(base: Snapshot, head: Snapshot) -> list[Keys]:
    """Return every combination of the values that either trust policy asks for, or of no key at all."""
    tried: dict[str, dict[str | None, None]] = {}
    for side in (base, head):
        for statement in policy_statements([side.policies.trust]):
            for asked in statement.conditions:
                tried.setdefault(asked.key, {}).update(dict.fromkeys(values(asked, side.config.user.name)))
    pairs = [[(key, value) for value in found] for key, found in tried.items()]
    return list(itertools.islice(itertools.product(*pairs), _MOST))


def assume_decisions(who: ExternalPrincipal, side: Snapshot, tried: list[Keys]) -> Mapping[Keys, Decision]:
    """Return the answer to the call for the role with each combination of keys."""
    policies, target = side.policies, side.target
    layers = policies.on_role(policies.user if who.arn == USER else policies.administrator)
    found = {}
    for keys in tried:
        context: dict[str, ContextValue] = {"aws:securetransport": "true"}
        context |= {key.lower(): value for key, value in keys}
        request = Request(
            principal=localize(side, who.arn),
            action=who.action,
            resource=target.role_arn,
            account=target.account if who.account is None else who.account,
            resource_account=target.account,
            role_arn=localize(side, who.role_arn) if who.role_arn else None,
            context=context,
        )
        found[keys] = evaluate(layers, request)
    return found


def required_keys(allowed: set[Keys], tried: list[Keys]) -> dict[str, frozenset[str | None]]:
    """Return the keys that matter, each with the values that are admitted."""
    if not allowed:
        return {}
    wanted = {}
    for index, (key, _) in enumerate(tried[0]):
        admitted = frozenset(keys[index][1] for keys in allowed)
        if admitted != frozenset(keys[index][1] for keys in tried):
            wanted[key] = admitted
    return wanted


def _named(side: Snapshot) -> Iterator[str]:
    for statement in policy_statements([side.policies.trust]):
        yield from statement.principal_names()


def _providers(side: Snapshot) -> Iterator[str]:
    for statement in policy_statements([side.policies.trust]):
        yield from statement.principal_names("Federated")


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

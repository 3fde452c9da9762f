"""Changes of who can assume the role: each caller that a trust policy names, with each combination of its keys."""

import itertools
from collections.abc import Iterator, Mapping

from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.iam.decision import Decision
from temp_access.iam.evaluator import evaluate
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.statements import policy_statements
from temp_access.review.changes.causes import trust_cause
from temp_access.review.compare.principals import ExternalPrincipal, external_principal, federated_principal
from temp_access.review.compare.requests import sample_values
from temp_access.review.model import Change, Direction
from temp_access.review.snapshot import ROLE, SESSIONS, USER, Snapshot

Keys = tuple[tuple[str, str | None], ...]
_Values = frozenset[str | None]
_MAX_COMBINATIONS = 4096
_KEY_NAMES = {
    "sts:externalid": "external id",
    "aws:multifactorauthpresent": "MFA",
    "aws:sourceip": "source IP",
    "sts:sourceidentity": "source identity",
    "sts:rolesessionname": "session name",
}
_ARTICLES = {"external id": "an", "source identity": "a"}
# Every call has these, so that a condition on one of them requires certain values.
_ALWAYS_PRESENT = ("source IP", "session name")


def trust_changes(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield a change for each caller that can assume the role under other conditions than before."""
    combinations = key_combinations(base, head)
    for caller in dict.fromkeys(assume_callers(base, head)):
        before, after = (assume_decisions(caller, snapshot, combinations) for snapshot in (base, head))
        old, new = _allowed_keys(before), _allowed_keys(after)
        if old == new:
            continue
        old_required, new_required = required_keys(old, combinations), required_keys(new, combinations)
        role = head.target.role_name
        if not old:
            description = f"{role} can now be assumed by {caller.description}{_requirements(new_required)}"
        elif not new:
            description = f"{role} can no longer be assumed by {caller.description}"
        else:
            differences = _requirement_changes(old_required, new_required)
            description = f"{role} can now be assumed by {caller.description} {differences}"
        keys = next(keys for keys in combinations if (keys in old) is not (keys in new))
        cause = trust_cause(caller, (base, head), before[keys], after[keys])
        yield Change(caller.description, _direction(old, new), description, cause, role)


def assume_callers(base: Snapshot, head: Snapshot) -> Iterator[ExternalPrincipal]:
    """Yield every caller that a trust policy names, the user first, and sessions of the role itself."""
    yield ExternalPrincipal(head.target.user_name, USER, None)
    named = dict.fromkeys([*_trusted_principals(base), *_trusted_principals(head)])
    providers = dict.fromkeys([*_identity_providers(base), *_identity_providers(head)])
    yield from map(federated_principal, providers)
    for name in [*named, "*"]:
        if name in providers:
            continue
        if name == ROLE or name.startswith(SESSIONS):
            yield ExternalPrincipal("the role's own sessions", f"{SESSIONS}session", None, ROLE)
        elif name != USER:
            # Anonymous callers can't call AssumeRole.
            yield from (caller for caller in external_principal(name) if caller.arn != "*")


def key_combinations(base: Snapshot, head: Snapshot) -> list[Keys]:
    """Return the combinations of values, or of no value, for the condition keys of either trust policy."""
    by_key: dict[str, dict[str | None, None]] = {}
    for snapshot in (base, head):
        for statement in policy_statements([snapshot.policies.trust_policy(snapshot.state.role)]):
            for entry in statement.conditions:
                values = sample_values(entry, snapshot.config.user.name)
                by_key.setdefault(entry.key, {}).update(dict.fromkeys(values))
    pairs = [[(key, value) for value in values] for key, values in by_key.items()]
    return list(itertools.islice(itertools.product(*pairs), _MAX_COMBINATIONS))


def assume_decisions(
    caller: ExternalPrincipal, snapshot: Snapshot, combinations: list[Keys]
) -> Mapping[Keys, Decision]:
    """Return the decision about the call for the role, by combination of keys."""
    target = snapshot.target
    own = snapshot.policies_of(PolicyOwner.USER if caller.arn == USER else PolicyOwner.OUTSIDER)
    policies = snapshot.policies.on(snapshot.state.role, own)
    decisions = {}
    for keys in combinations:
        context: dict[str, ContextValue] = {"aws:securetransport": "true"}
        context |= {key.lower(): value for key, value in keys}
        request = Request(
            principal=snapshot.names.localize(caller.arn),
            action=caller.action,
            resource=target.role_arn,
            account=target.account if caller.account is None else caller.account,
            resource_account=target.account,
            role_arn=snapshot.names.localize(caller.role_arn) if caller.role_arn else None,
            context=context,
        )
        decisions[keys] = evaluate(policies, request)
    return decisions


def required_keys(allowed: set[Keys], combinations: list[Keys]) -> dict[str, _Values]:
    """Return the keys on which the decision depends, each with the values that are allowed."""
    if not allowed:
        return {}
    required = {}
    for index, (key, _) in enumerate(combinations[0]):
        values = frozenset(keys[index][1] for keys in allowed)
        if values != frozenset(keys[index][1] for keys in combinations):
            required[key] = values
    return required


def _trusted_principals(snapshot: Snapshot) -> Iterator[str]:
    for statement in policy_statements([snapshot.policies.trust_policy(snapshot.state.role)]):
        yield from map(snapshot.names.normalize, statement.principal_names())


def _identity_providers(snapshot: Snapshot) -> Iterator[str]:
    for statement in policy_statements([snapshot.policies.trust_policy(snapshot.state.role)]):
        yield from map(snapshot.names.normalize, statement.principal_names("Federated"))


def _allowed_keys(decisions: Mapping[Keys, Decision]) -> set[Keys]:
    return {keys for keys, decision in decisions.items() if decision.allowed}


def _direction(old: set[Keys], new: set[Keys]) -> Direction:
    if old < new:
        return Direction.BROADENED
    return Direction.NARROWED if new < old else Direction.BOTH


def _requirements(required: Mapping[str, object]) -> str:
    names = (_certain(_key_name(key)) or _key_name(key) for key in required)
    return f" ({', '.join(f'{name} required' for name in names)})" if required else ""


def _requirement_changes(old: Mapping[str, _Values], new: Mapping[str, _Values]) -> str:
    dropped = [_dropped(_key_name(key)) for key in old if key not in new]
    added = [f"only with {_required(_key_name(key))}" for key in new if key not in old]
    changed = [_changed(_key_name(key), old[key], new[key]) for key in new if key in old and new[key] != old[key]]
    return " and ".join(dropped + added + changed) or "under other conditions"


def _key_name(key: str) -> str:
    return _KEY_NAMES.get(key.lower(), key)


def _certain(name: str) -> str:
    return f"certain {name}s" if name in _ALWAYS_PRESENT else ""


def _required(name: str) -> str:
    return _certain(name) or " ".join(filter(None, (_ARTICLES.get(name), name)))


def _dropped(name: str) -> str:
    return f"with any {name}" if name in _ALWAYS_PRESENT else f"without {_required(name)}"


def _changed(name: str, old: _Values, new: _Values) -> str:
    if None in new - old:
        return f"also without {_required(name)}"
    if None in old - new:
        return f"only with {_required(name)}"
    counted = name in _ALWAYS_PRESENT or name in _ARTICLES
    one, several = (name, f"{name}s") if counted else (f"value of {name}", f"values of {name}")
    if old < new:
        return f"also with a different {one}"
    return f"only with some of the earlier {several}" if new < old else f"with a different {one}"

"""Who may assume the role, and what that asks for: the trust policy tried with every combination of keys."""

import itertools
from collections.abc import Iterator, Mapping

from temp_access.policy.decision import Decision
from temp_access.policy.evaluate import evaluate
from temp_access.policy.request import ContextValue, Request
from temp_access.review.contexts import values
from temp_access.review.documents import bodies, conditions, principals, texts
from temp_access.review.side import Snapshot
from temp_access.review.strangers import ExternalPrincipal, external_principal, federated_principals
from temp_access.review.tokens import ROLE, SESSIONS, USER, localize, normalize

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
        for body in bodies([side.policies.trust]):
            for asked in conditions(body):
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
    for body in bodies([side.policies.trust]):
        yield from principals(body)


def _providers(side: Snapshot) -> Iterator[str]:
    for body in bodies([side.policies.trust]):
        for name in ("Principal", "NotPrincipal"):
            value = body.get(name)
            yield from texts(value, "Federated") if isinstance(value, Mapping) else ()

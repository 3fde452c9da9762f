"""AWS's evaluation logic as a formula: what temp_access.policy.evaluate decides for one request, for all of them."""

from collections.abc import Callable, Iterable

from temp_access.policy.document import Policy, Statement
from temp_access.policy.evaluate import PolicySet
from temp_access.policy.principals import Principals
from temp_access.policy.prove.callers import ROOT
from temp_access.policy.prove.encoder import Encoder
from temp_access.policy.prove.principals import by_account, by_role, directly
from temp_access.policy.prove.solver import Formula
from temp_access.policy.prove.statements import applies
from temp_access.policy.prove.unmodelled import NotEncodableError

_How = Callable[[Encoder, Principals], Formula]
_EVERYONE = Principals(everyone=True, accounts=frozenset(), named=frozenset())


def allowed(encoder: Encoder, layers: PolicySet) -> Formula:
    """Whether the request is allowed: no explicit deny, and every layer that has a say allows."""
    if layers.scps or layers.rcps:
        raise NotEncodableError("policies of an organization aren't modelled")
    logic, caller = encoder.logic, encoder.caller
    boundary = (layers.boundary,) if layers.boundary else ()
    resource = (layers.resource,) if layers.resource else ()
    everything = (*layers.identity, *(layers.session or ()), *boundary, *resource)
    denied = logic.or_(_says(encoder, policy, "Deny", spares_nobody=bool(boundary)) for policy in everything)
    limits = [_gate(encoder, boundary)] if boundary else []
    limits += [] if layers.session is None else [_gate(encoder, layers.session)]
    own = [] if caller.kind == ROOT else [_gate(encoder, layers.identity)]
    by_itself = _granted(encoder, resource, directly)
    with_role = _granted(encoder, resource, by_role)
    named = logic.or_([by_itself, with_role, _granted(encoder, resource, by_account)])
    if not caller.has_account:
        ways = [named]
    elif not caller.own_account:
        ways = [logic.and_([named, *own, *limits])]
    elif layers.resource_is_trust_policy:
        ways = [by_itself, logic.and_([with_role, *limits]), logic.and_([named, *own, *limits])]
    else:
        ways = [by_itself, logic.and_([with_role, *limits]), logic.and_([*own, *limits])]
    return logic.and_([logic.not_(denied), logic.or_(ways)])


def _gate(encoder: Encoder, policies: Iterable[Policy]) -> Formula:
    return encoder.logic.or_(_says(encoder, policy, "Allow") for policy in policies)


def _says(encoder: Encoder, policy: Policy, effect: str, *, spares_nobody: bool = False) -> Formula:
    found = [
        applies(encoder, policy, statement, _principals(statement, spares_nobody=spares_nobody))
        for statement in policy.statements
        if statement.effect == effect
    ]
    if policy.name in encoder.unknown:
        found.append(encoder.unknown_applies(policy.name, effect))
    return encoder.logic.or_(found)


def _principals(statement: Statement, *, spares_nobody: bool) -> Principals | None:
    principals = statement.principals
    return _EVERYONE if spares_nobody and principals is not None and principals.negated else principals


def _granted(encoder: Encoder, policies: Iterable[Policy], how: _How) -> Formula:
    return encoder.logic.or_(
        encoder.logic.and_(
            [
                applies(encoder, policy, statement, statement.principals),
                how(encoder, statement.principals),
            ]
        )
        for policy in policies
        for statement in policy.statements
        if statement.effect == "Allow" and statement.principals is not None
    )

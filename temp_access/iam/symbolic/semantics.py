"""The evaluator's decision as a formula."""

from collections.abc import Callable, Iterable

from temp_access.iam.callers import CallerKind
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.symbolic.encoder import Encoder
from temp_access.iam.symbolic.principal_match import PrincipalElement
from temp_access.iam.symbolic.solver import Formula, NotEncodableError
from temp_access.iam.symbolic.statement_match import StatementMatch

_PrincipalTest = Callable[[PrincipalElement, Encoder], Formula]


def allowed(encoder: Encoder, policies: PolicySet) -> Formula:
    """Whether the request is allowed: no explicit deny, and every layer that applies allows it."""
    if policies.scps or policies.rcps:
        raise NotEncodableError("policies of an organization aren't modeled")
    solver, caller = encoder.solver, encoder.caller
    boundary = (policies.boundary,) if policies.boundary else ()
    resource = (policies.resource,) if policies.resource else ()
    everything = (*policies.identity, *(policies.session or ()), *boundary, *resource)
    denied = solver.or_(
        _policy_effect(encoder, policy, "Deny", ignore_not_principal=bool(boundary)) for policy in everything
    )
    limits = [_some_allow(encoder, boundary)] if boundary else []
    limits += [] if policies.session is None else [_some_allow(encoder, policies.session)]
    own = [] if caller.kind is CallerKind.ROOT else [_some_allow(encoder, policies.identity)]
    by_itself = _some_allow_by(encoder, resource, PrincipalElement.names_caller)
    with_role = _some_allow_by(encoder, resource, PrincipalElement.names_role)
    named = solver.or_([by_itself, with_role, _some_allow_by(encoder, resource, PrincipalElement.names_account)])
    if not caller.has_account:
        ways = [named]
    elif not caller.same_account:
        ways = [solver.and_([named, *own, *limits])]
    elif policies.resource_is_trust_policy:
        ways = [by_itself, solver.and_([with_role, *limits]), solver.and_([named, *own, *limits])]
    else:
        ways = [by_itself, solver.and_([with_role, *limits]), solver.and_([*own, *limits])]
    return solver.and_([solver.not_(denied), solver.or_(ways)])


def _some_allow(encoder: Encoder, policies: Iterable[Policy]) -> Formula:
    return encoder.solver.or_(_policy_effect(encoder, policy, "Allow") for policy in policies)


def _policy_effect(encoder: Encoder, policy: Policy, effect: str, *, ignore_not_principal: bool = False) -> Formula:
    if policy.name in encoder.unknown:
        # What replaces the document in the evaluator is no access of its own.
        return encoder.unknown_applies(policy.name, allow=effect == "Allow")
    return encoder.solver.or_(
        StatementMatch(encoder, policy, statement).applies(ignore_not_principal=ignore_not_principal)
        for statement in policy.statements
        if statement.effect == effect
    )


def _some_allow_by(encoder: Encoder, policies: Iterable[Policy], test: _PrincipalTest) -> Formula:
    matches = (
        StatementMatch(encoder, policy, statement)
        for policy in policies
        for statement in policy.statements
        if statement.effect == "Allow"
    )
    return encoder.solver.or_(
        encoder.solver.and_([match.applies(), test(match.principals, encoder)]) for match in matches if match.principals
    )

"""The evaluator's decision as a formula."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from temp_access.iam.callers import CallerKind
from temp_access.iam.conditions import UnreadableCondition
from temp_access.iam.document import Policy, Statement
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.grammar import VERSIONS, ElementReader
from temp_access.iam.patterns import WildcardScope, pad_arn
from temp_access.iam.principals import EVERYONE, Principals
from temp_access.iam.symbolic.conditions import condition_holds
from temp_access.iam.symbolic.encoder import Encoder
from temp_access.iam.symbolic.patterns import FOLDER_MARK, matches_any
from temp_access.iam.symbolic.solver import Formula, NotEncodableError, StringTerm


def names_caller(encoder: Encoder, principals: Principals) -> Formula:
    """Whether the element names the caller itself, or everyone."""
    return encoder.solver.true if principals.matches_all else _names(encoder, principals, encoder.caller.principal)


def names_role(encoder: Encoder, principals: Principals) -> Formula:
    """Whether the element names the role of the caller's session."""
    role = encoder.caller.role
    return encoder.solver.false if role is None else _names(encoder, principals, role)


def names_account(encoder: Encoder, principals: Principals) -> Formula:
    """Whether the element names the caller's account."""
    return encoder.solver.one_of(encoder.caller.account, sorted(principals.accounts))


def principals_match(encoder: Encoder, principals: Principals) -> Formula:
    """Whether the element matches the caller, NotPrincipal included."""
    solver, caller = encoder.solver, encoder.caller
    if not (principals.matches_all or principals.accounts or principals.named):
        raise NotEncodableError("the principal * for every identity provider isn't modeled")
    if not principals.negated:
        return solver.or_(test(encoder, principals) for test in (names_caller, names_role, names_account))
    if principals.matches_all:
        return solver.false
    account = names_account(encoder, principals) if caller.has_account else solver.true
    if caller.kind is CallerKind.ROOT:
        return solver.not_(account)
    levels = [caller.principal, *([caller.role] if caller.role is not None else [])]
    return solver.not_(solver.and_([account, *(_names(encoder, principals, level) for level in levels)]))


def _names(encoder: Encoder, principals: Principals, principal: StringTerm) -> Formula:
    # AIDA…, AROA… and canonical user IDs can be those of the user, the role or the account; they are unknown here.
    if principals.ids:
        raise NotEncodableError(f"the principal {min(principals.ids)} is named by its ID, which isn't modeled")
    return encoder.solver.one_of(principal, sorted(principals.named))


def applies(encoder: Encoder, policy: Policy, statement: Statement, principals: Principals | None) -> Formula:
    """Whether the statement's action, resource, principal and all conditions match the request.

    If a part of the statement can't be read, whether it applies is open.
    """
    solver, body = encoder.solver, policy.bodies[statement.index]
    if _is_unreadable(statement):
        name = f"{statement.effect} by statement {statement.index} of {policy.name}: {body!r}"
        return encoder.unreadable_applies(name)
    variables = policy.version == VERSIONS[0]
    actions = [action.lower() for action in _strings(body, "NotAction" if statement.not_action else "Action")]
    if any(FOLDER_MARK in action for action in actions):
        raise NotEncodableError("the folder in an action isn't modeled")
    named = matches_any(encoder, encoder.action, actions, variables=False)
    conditions = [solver.not_(named) if statement.not_action else named]
    if statement.resources is not None:
        arns = [pad_arn(arn) for arn in _strings(body, "NotResource" if statement.not_resource else "Resource")]
        named = matches_any(encoder, encoder.resource, arns, variables=variables, scope=WildcardScope.RESOURCE)
        conditions.append(solver.not_(named) if statement.not_resource else named)
    if principals is not None:
        conditions.append(principals_match(encoder, principals))
    for operator, keys in (body.get("Condition") or {}).items():
        for key in keys:
            conditions.append(condition_holds(encoder, operator, key, _strings(keys, key), variables=variables))
    return solver.and_(conditions)


def _is_unreadable(statement: Statement) -> bool:
    patterns = [statement.actions, *([statement.resources] if statement.resources is not None else [])]
    return any(each.unreadable for each in patterns) or any(
        isinstance(condition, UnreadableCondition) for condition in statement.conditions
    )


def _strings(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return ElementReader("policy", name, body[name]).strings()


_PrincipalTest = Callable[[Encoder, Principals], Formula]


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
    by_itself = _some_allow_by(encoder, resource, names_caller)
    with_role = _some_allow_by(encoder, resource, names_role)
    named = solver.or_([by_itself, with_role, _some_allow_by(encoder, resource, names_account)])
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
        return encoder.unknown_applies(policy.name, effect)
    return encoder.solver.or_(
        applies(encoder, policy, statement, _principals(statement, ignore_not_principal=ignore_not_principal))
        for statement in policy.statements
        if statement.effect == effect
    )


def _principals(statement: Statement, *, ignore_not_principal: bool) -> Principals | None:
    principals = statement.principals
    return EVERYONE if ignore_not_principal and principals is not None and principals.negated else principals


def _some_allow_by(encoder: Encoder, policies: Iterable[Policy], test: _PrincipalTest) -> Formula:
    return encoder.solver.or_(
        encoder.solver.and_(
            [
                applies(encoder, policy, statement, statement.principals),
                test(encoder, statement.principals),
            ]
        )
        for policy in policies
        for statement in policy.statements
        if statement.effect == "Allow" and statement.principals is not None
    )

"""The evaluator's decision as a formula."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from temp_access.iam.conditions import KeyCondition, compile_condition
from temp_access.iam.document import Policy, Statement
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.grammar import VERSIONS, ElementReader
from temp_access.iam.patterns import WildcardScope, pad_arn
from temp_access.iam.principals import Principals
from temp_access.iam.symbolic.callers import ROOT
from temp_access.iam.symbolic.encoder import Encoder, UnencodedCondition
from temp_access.iam.symbolic.patterns import FOLDER_MARK, case_insensitive, matches_any
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
    if caller.kind == ROOT:
        return solver.not_(account)
    levels = [caller.principal, *([caller.role] if caller.role is not None else [])]
    return solver.not_(solver.and_([account, *(_names(encoder, principals, level) for level in levels)]))


def _names(encoder: Encoder, principals: Principals, principal: StringTerm) -> Formula:
    # AIDA…, AROA… and canonical user IDs can be those of the user, the role or the account; they are unknown here.
    if by_id := next((name for name in sorted(principals.named) if not set(name) & set(".:")), None):
        raise NotEncodableError(f"the principal {by_id} is named by its ID, which isn't modeled")
    return encoder.solver.one_of(principal, sorted(principals.named))


# Keys that can have several values. Conditions on them stay open even without a set operator, as do conditions on
# keys of services other than _SERVICES.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_MULTIVALUED = (
    "aws:tagkeys",
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:principalservicenameslist",
    "aws:vpceorgpaths",
    "s3:requestobjecttagkeys",
    "sts:transitivetagkeys",
)
_SERVICES = ("aws", "iam", "s3", "sts")
_PATTERNS = ("stringequals", "stringlike", "arnequals", "arnlike")
_IGNORING_CASE = ("stringequalsignorecase", "bool")


def condition_holds(encoder: Encoder, operator: str, key: str, values: tuple[str, ...], *, variables: bool) -> Formula:
    """Whether the condition holds, also for an absent key."""
    solver = encoder.solver
    name = operator.lower()
    if FOLDER_MARK in key:
        raise NotEncodableError(f"the folder in the condition key {key} isn't modeled")
    present = encoder.value(key).present
    if name == "null":
        absent_values = {value.lower() == "true" for value in values}
        return solver.or_(
            [solver.and_([solver.not_(present)] if absent else [present]) for absent in sorted(absent_values)]
        )
    compiled = compile_condition(operator, key, values, variables=variables)
    if not isinstance(compiled, KeyCondition):
        raise NotEncodableError(f"the condition {operator} isn't modeled")
    if compiled.quantifier is not None or _is_multivalued(key.lower()):
        return _unencoded(encoder, UnencodedCondition(operator, key, values, variables))
    base = name.removesuffix("ifexists").replace("not", "", 1)
    matched = _value_matches(encoder, base, key, values, variables=variables)
    holds_with_key = solver.and_([present, solver.not_(matched) if compiled.negated else matched])
    return (
        solver.or_([holds_with_key, solver.not_(present)]) if compiled.negated or compiled.if_exists else holds_with_key
    )


def _is_multivalued(key: str) -> bool:
    return key in _MULTIVALUED or key.partition(":")[0] not in _SERVICES


def _value_matches(encoder: Encoder, base: str, key: str, values: tuple[str, ...], *, variables: bool) -> Formula:
    value = encoder.value(key).value
    if base in _IGNORING_CASE and all(pattern.isascii() and "${" not in pattern for pattern in values):
        return encoder.solver.or_(
            encoder.solver.in_language(value, case_insensitive(encoder.solver, text)) for text in values
        )
    if base not in _PATTERNS:
        return _unencoded(encoder, UnencodedCondition(base, key, values, variables))
    style = WildcardScope.ARN if base.startswith("arn") else WildcardScope.TEXT
    return matches_any(encoder, value, values, variables=variables, scope=style, wildcards=base != "stringequals")


def _unencoded(encoder: Encoder, test: UnencodedCondition) -> Formula:
    if any(FOLDER_MARK in value for value in test.values):
        raise NotEncodableError(f"the folder in a condition {test.operator} isn't modeled")
    return encoder.unencoded_holds(test)


def applies(encoder: Encoder, policy: Policy, statement: Statement, principals: Principals | None) -> Formula:
    """Whether the statement's action, resource, principal and all conditions match the request."""
    solver = encoder.solver
    body = policy.bodies[statement.index]
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


def _strings(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return ElementReader("policy", name, body[name]).strings()


_PrincipalTest = Callable[[Encoder, Principals], Formula]
_EVERYONE = Principals(matches_all=True, accounts=frozenset(), named=frozenset())


def allowed(encoder: Encoder, policies: PolicySet) -> Formula:
    """Whether the request is allowed: no explicit deny, and every layer that applies allows it."""
    if policies.scps or policies.rcps:
        raise NotEncodableError("policies of an organization aren't modeled")
    solver, caller = encoder.solver, encoder.caller
    boundary = (policies.boundary,) if policies.boundary else ()
    resource = (policies.resource,) if policies.resource else ()
    everything = (*policies.identity, *(policies.session or ()), *boundary, *resource)
    if unreadable := next((part for policy in everything for part in policy.unreadable), None):
        raise NotEncodableError(f"a part of a policy can't be read: {unreadable}")
    denied = solver.or_(
        _policy_effect(encoder, policy, "Deny", ignore_not_principal=bool(boundary)) for policy in everything
    )
    limits = [_some_allow(encoder, boundary)] if boundary else []
    limits += [] if policies.session is None else [_some_allow(encoder, policies.session)]
    own = [] if caller.kind == ROOT else [_some_allow(encoder, policies.identity)]
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
    statements = [
        applies(encoder, policy, statement, _principals(statement, ignore_not_principal=ignore_not_principal))
        for statement in policy.statements
        if statement.effect == effect
    ]
    if policy.name in encoder.unknown:
        statements.append(encoder.unknown_applies(policy.name, effect))
    return encoder.solver.or_(statements)


def _principals(statement: Statement, *, ignore_not_principal: bool) -> Principals | None:
    principals = statement.principals
    return _EVERYONE if ignore_not_principal and principals is not None and principals.negated else principals


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

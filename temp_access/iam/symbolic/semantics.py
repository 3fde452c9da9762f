"""Evaluate() as a formula."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from temp_access.iam.conditions import KeyCondition, compile_condition
from temp_access.iam.document import Policy, Statement
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.grammar import VERSIONS, ElementReader
from temp_access.iam.patterns import WildcardScope, escape, pad_arn
from temp_access.iam.principals import Principals
from temp_access.iam.symbolic.callers import ROOT
from temp_access.iam.symbolic.encoder import Encoder, UnencodedCondition
from temp_access.iam.symbolic.patterns import FOLDER, ignoring_case, matches_any
from temp_access.iam.symbolic.solver import Formula, NotEncodableError, StringTerm


def directly(encoder: Encoder, principals: Principals) -> Formula:
    """Whether the element names the caller itself, or everyone."""
    return encoder.logic.true if principals.matches_all else _named(encoder, principals, encoder.caller.principal)


def by_role(encoder: Encoder, principals: Principals) -> Formula:
    """Whether the element names the role of the caller's session."""
    role = encoder.caller.role
    return encoder.logic.false if role is None else _named(encoder, principals, role)


def by_account(encoder: Encoder, principals: Principals) -> Formula:
    """Whether the element names the caller's account."""
    logic = encoder.logic
    return logic.or_(logic.equal(encoder.caller.account, logic.text(number)) for number in sorted(principals.accounts))


def covers(encoder: Encoder, principals: Principals) -> Formula:
    """Whether the statement is about the caller, NotPrincipal included."""
    logic, caller = encoder.logic, encoder.caller
    if not (principals.matches_all or principals.accounts or principals.named):
        raise NotEncodableError("the principal * for every identity provider isn't modelled")
    if not principals.negated:
        return logic.or_(how(encoder, principals) for how in (directly, by_role, by_account))
    if principals.matches_all:
        return logic.false
    account = by_account(encoder, principals) if caller.has_account else logic.true
    if caller.kind == ROOT:
        return logic.not_(account)
    levels = [caller.principal, *([caller.role] if caller.role is not None else [])]
    return logic.not_(logic.and_([account, *(_named(encoder, principals, level) for level in levels)]))


def _named(encoder: Encoder, principals: Principals, who: StringTerm) -> Formula:
    # AIDA…, AROA… and canonical user IDs can be the user's, the role's or the account's own: nobody knows here.
    if by_id := next((name for name in sorted(principals.named) if not set(name) & set(".:")), None):
        raise NotEncodableError(f"the principal {by_id} is named by its ID, which isn't modelled")
    return encoder.logic.or_(encoder.logic.equal(who, encoder.logic.text(name)) for name in sorted(principals.named))


# Keys that can have several values; StringLike and the like without a set operator are open for them too,
# and for those of services whose keys aren't known here.
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
    """Whether the condition holds, the key being absent included."""
    logic = encoder.logic
    name = operator.lower()
    present = encoder.value(key).present
    if name == "null":
        wanted = {value.lower() == "true" for value in values}
        return logic.or_([logic.and_([logic.not_(present)] if absent else [present]) for absent in sorted(wanted)])
    compiled = compile_condition(operator, key, values, variables=variables)
    if not isinstance(compiled, KeyCondition):
        raise NotEncodableError(f"the condition {operator} isn't modelled")
    if compiled.quantifier is not None or _can_have_several(key.lower()):
        return _open(encoder, UnencodedCondition(operator, key, values, variables))
    base = name.removesuffix("ifexists").replace("not", "", 1)
    matched = _matched(encoder, base, key, values, variables=variables)
    there = logic.and_([present, logic.not_(matched) if compiled.negated else matched])
    return logic.or_([there, logic.not_(present)]) if compiled.negated or compiled.if_exists else there


def _can_have_several(key: str) -> bool:
    return key in _MULTIVALUED or key.partition(":")[0] not in _SERVICES


def _matched(encoder: Encoder, base: str, key: str, values: tuple[str, ...], *, variables: bool) -> Formula:
    value = encoder.value(key).text
    if base in _IGNORING_CASE and all(text.isascii() and "${" not in text for text in values):
        return encoder.logic.or_(
            encoder.logic.in_language(value, ignoring_case(encoder.logic, text)) for text in values
        )
    if base not in _PATTERNS:
        return _open(encoder, UnencodedCondition(base, key, values, variables))
    style = WildcardScope.ARN if base.startswith("arn") else WildcardScope.TEXT
    return matches_any(encoder, value, values, variables=variables, style=style, wildcards=base != "stringequals")


def _open(encoder: Encoder, test: UnencodedCondition) -> Formula:
    if any(FOLDER in value or escape(FOLDER) in value for value in test.values):
        raise NotEncodableError(f"the folder in a condition {test.operator} isn't modelled")
    return encoder.add_unencoded(test)


def applies(encoder: Encoder, policy: Policy, statement: Statement, principals: Principals | None) -> Formula:
    """Whether the statement's action, resource, principal and all conditions fit the request."""
    logic = encoder.logic
    body = policy.bodies[statement.index]
    variables = policy.version == VERSIONS[0]
    actions = [text.lower() for text in _texts(body, "NotAction" if statement.not_action else "Action")]
    named = matches_any(encoder, encoder.action, actions, variables=False)
    found = [logic.not_(named) if statement.not_action else named]
    if statement.resources is not None:
        texts = _texts(body, "NotResource" if statement.not_resource else "Resource")
        named = matches_any(
            encoder, encoder.resource, [*map(pad_arn, texts)], variables=variables, style=WildcardScope.RESOURCE
        )
        found.append(logic.not_(named) if statement.not_resource else named)
    if principals is not None:
        found.append(covers(encoder, principals))
    for operator, keys in (body.get("Condition") or {}).items():
        for key in keys:
            found.append(condition_holds(encoder, operator, key, _texts(keys, key), variables=variables))
    return logic.and_(found)


def _texts(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return ElementReader("policy", name, body[name]).strings()


_How = Callable[[Encoder, Principals], Formula]
_EVERYONE = Principals(matches_all=True, accounts=frozenset(), named=frozenset())


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

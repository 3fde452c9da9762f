"""The policies that apply to a request, and the decision on it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from operator import eq, ne

from temp_access.iam.callers import IAM, CallerKind, caller_kind
from temp_access.iam.conditions import UnreadableCondition
from temp_access.iam.decision import Decision, DecisionType, Layer, Reason
from temp_access.iam.document import Policy, Statement
from temp_access.iam.patterns import PatternSet
from temp_access.iam.principals import EVERYONE, PrincipalMatch
from temp_access.iam.request import Request
from temp_access.iam.service_rules import (
    RCP_SERVICES,
    decide_by_rule,
    favourable_match,
    has_rules,
    is_beyond_organization,
    own_document,
    service_of,
)
from temp_access.iam.unknown import UnknownOutcome

_MAX_INDEXED_ACTIONS = 20_000
IndexedStatements = tuple[tuple[Statement, Reason], ...]
RequiredLayer = tuple[Layer, IndexedStatements]
FavoursCaller = Callable[[str], bool]
Groups = list[tuple[Layer, tuple[Policy, ...]]]


@dataclass(frozen=True)
class PolicySet:
    """All policies that apply to a principal and a resource; create one and evaluate many requests against it.

    `session` is None for a session without session policies; of several (inline, managed), one must allow.
    `resource` is the resource-based policy. With `resource_is_trust_policy` it is a role's trust policy. That of a role
    or of a KMS key must allow; without it, the decision is undecided. `scps` and `rcps` hold one tuple for each level
    from the root of the organization to the account. Each level of SCPs must allow; RCPs only deny, because
    RCPFullAWSAccess is attached everywhere. Callers without an account have no SCPs.
    """

    identity: tuple[Policy, ...] = ()
    session: tuple[Policy, ...] | None = None
    boundary: Policy | None = None
    resource: Policy | None = None
    resource_is_trust_policy: bool = False
    scps: tuple[tuple[Policy, ...], ...] = ()
    rcps: tuple[tuple[Policy, ...], ...] = ()
    _indexes: dict[str, StatementIndex] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def resource_layer(self) -> Layer:
        """The layer of the resource-based policy."""
        return Layer.TRUST if self.resource_is_trust_policy else Layer.RESOURCE

    @property
    def all_policies(self) -> tuple[Policy, ...]:
        """The policies of all layers."""
        alone = tuple(each for each in (self.boundary, self.resource) if each)
        levels = tuple(policy for level in (*self.scps, *self.rcps) for policy in level)
        return (*self.identity, *(self.session or ()), *alone, *levels)

    def is_written_as(self, other: PolicySet) -> bool:
        """Whether every layer has the same documents as the other's, word for word, and all of them could be read."""
        return _as_written(self) == _as_written(other) and not any(
            policy.unreadable or any(each.principals and each.principals.ids for each in policy.statements)
            for policy in self.all_policies
        )

    def statement_index(self, request: Request) -> StatementIndex:
        """Return the statements that name the request's action, from an index by action."""
        index = self._indexes.get(request.action)
        if index is None:
            if len(self._indexes) >= _MAX_INDEXED_ACTIONS:
                self._indexes.clear()
            index = self._indexes[request.action] = index_statements(self, request)
        return index


def _as_written(policies: PolicySet) -> tuple[object, ...]:
    def text(policy: Policy | None) -> object:
        return policy and (policy.name, policy.version, policy.bodies)

    def texts(several: Iterable[Policy]) -> list[object]:
        return [text(policy) for policy in several]

    session = None if policies.session is None else texts(policies.session)
    alone = (text(policies.boundary), text(policies.resource), policies.resource_is_trust_policy)
    levels = [[texts(level) for level in levels] for levels in (policies.scps, policies.rcps)]
    return texts(policies.identity), session, alone, levels


def resource_patterns(policies: PolicySet, request: Request) -> tuple[PatternSet, ...] | None:
    """Return the patterns that decide between requests that differ in nothing but the resource.

    If the same of these patterns match, the decision is the same. None for actions that have rules of their own.
    """
    index = policies.statement_index(request)
    if index.has_rules:
        return None
    layers = (*index.ceilings, *index.limits, *index.identity_and_limits)
    entries = (*index.denies, *index.resource, *(entry for _, entries in layers for entry in entries))
    patterns = [statement.resources for statement, _ in entries]
    return tuple({id(each): each for each in patterns if each and not each.matches_all}.values())


def evaluate(policies: PolicySet, request: Request) -> Decision:
    """Decide one request: an explicit deny wins; otherwise every layer that applies must allow it.

    The decision is UNDECIDED where it depends on a condition key, a part of a policy or a document that isn't known.
    """
    if policies.statement_index(request).has_rules and (decision := decide_by_rule(request)):
        return decision
    if (policies.scps or policies.rcps) and is_beyond_organization(request):
        policies = replace(policies, scps=(), rcps=())
    try:
        return _decide(policies, request, None)
    except UnknownOutcome:
        return _decide_unknown(policies, request)


def _decide_unknown(policies: PolicySet, request: Request) -> Decision:
    """Decide with all unknown tests for the caller, and with all against; if both agree, that is the decision."""
    names: dict[str, None] = {}

    def decide(favours_caller: FavoursCaller) -> Decision:
        def record(name: str) -> bool:
            names.setdefault(name)
            return favours_caller(name)

        return _decide(policies, request, record)

    best, worst = decide(lambda _: True), decide(lambda _: False)
    if best.allowed is worst.allowed:
        # What applies in the one that is harder to reach applies in any case.
        return worst if worst.allowed else best
    deciding = [
        name for name in list(names) if not decide(partial(ne, name)).allowed or decide(partial(eq, name)).allowed
    ]
    return Decision(DecisionType.UNDECIDED, worst.layer, (), worst.missing, tuple(deciding or names))


def _decide(policies: PolicySet, request: Request, favours_caller: FavoursCaller | None) -> Decision:
    index = policies.statement_index(request)
    if denied := _reasons(index.denies, request, favours_caller):
        return Decision(DecisionType.EXPLICIT_DENY, denied[0].layer, denied)
    match = PrincipalMatch.NONE
    reasons: tuple[Reason, ...] = ()
    missing: tuple[Layer, ...] = ()
    for statement, reason in index.resource:
        principals = statement.principals
        applies = (
            statement.applies(request) if favours_caller is None else statement.applies_if(request, favours_caller)
        )
        if applies and principals is not None:
            match = max(match, principals.match(request, favours_caller))
            reasons += (reason,)
    own_policy = own_document(request) if index.has_rules else None
    if own_policy and policies.resource is None and not policies.resource_is_trust_policy:
        # Every key and every role has a policy: it isn't known.
        if favours_caller is None:
            raise UnknownOutcome(own_policy)
        match = favourable_match(request) if favours_caller(own_policy) else match
    for layer, entries in index.ceilings:
        if allows := _reasons(entries, request, favours_caller):
            reasons += allows
        else:
            missing += (layer,)
    kind = caller_kind(request.principal)
    has_account = kind in IAM or (kind is CallerKind.PROVIDER and request.principal.startswith("arn:"))
    same_account = request.account == request.resource_account
    must_allow = policies.resource_is_trust_policy or own_policy is not None or not same_account or not has_account
    if match is PrincipalMatch.NONE and must_allow:
        missing += (policies.resource_layer,)
    decided_by = policies.resource_layer
    required_layers: tuple[RequiredLayer, ...] = ()
    if has_account and not (same_account and match is PrincipalMatch.DIRECT):
        if same_account and match is PrincipalMatch.ROLE:
            required_layers = index.limits
        else:
            decided_by, required_layers = Layer.IDENTITY, index.identity_and_limits
    for layer, entries in required_layers:
        if allows := _reasons(entries, request, favours_caller):
            reasons += allows
        elif layer is not Layer.IDENTITY or kind is not CallerKind.ROOT:
            missing += (layer,)
    # Without a session policy, only a role's session may do anything (same page).
    if required_layers and policies.session is None and kind is CallerKind.FEDERATED:
        missing += (Layer.SESSION,)
    if missing:
        return Decision(DecisionType.IMPLICIT_DENY, missing[0], (), missing)
    return Decision(DecisionType.ALLOWED, decided_by, reasons)


def _reasons(entries: IndexedStatements, request: Request, favours_caller: FavoursCaller | None) -> tuple[Reason, ...]:
    if favours_caller is not None:
        return tuple(reason for statement, reason in entries if statement.applies_if(request, favours_caller))
    reasons: tuple[Reason, ...] = ()
    for statement, reason in entries:
        if statement.applies(request):
            reasons += (reason,)
    return reasons


@dataclass(frozen=True, slots=True)
class StatementIndex:
    """The statements that name one action, each with the reason to report if it applies, by the layer they are in.

    `ceilings` are the levels of SCPs; `limits` are the permissions boundary and the session policies.
    """

    has_rules: bool
    denies: IndexedStatements
    resource: IndexedStatements
    ceilings: tuple[RequiredLayer, ...]
    limits: tuple[RequiredLayer, ...]
    identity_and_limits: tuple[RequiredLayer, ...]


def index_statements(policies: PolicySet, request: Request) -> StatementIndex:
    """Return the statements of `policies` that name the request's action."""
    # https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    rcps: Groups = [(Layer.RCP, level) for level in policies.rcps if service_of(request.action) in RCP_SERVICES]
    ceilings: Groups = [(Layer.SCP, level) for level in policies.scps]
    resource: Groups = [(policies.resource_layer, (policies.resource,))] if policies.resource else []
    identity: Groups = [(Layer.IDENTITY, policies.identity)]
    limits: Groups = [(Layer.BOUNDARY, (policies.boundary,))] if policies.boundary else []
    limits += [] if policies.session is None else [(Layer.SESSION, policies.session)]
    denies = [
        (_deny_ignoring_not_principal(statement) if policies.boundary else statement, reason)
        for _, entries in _required_layers([*rcps, *ceilings, *resource, *identity, *limits], "Deny", request)
        for statement, reason in entries
    ]
    return StatementIndex(
        has_rules=has_rules(request.action),
        denies=tuple(denies),
        resource=tuple(entry for _, entries in _required_layers(resource, "Allow", request) for entry in entries),
        ceilings=_required_layers(ceilings, "Allow", request),
        limits=_required_layers(limits, "Allow", request),
        identity_and_limits=_required_layers([*identity, *limits], "Allow", request),
    )


def _required_layers(groups: Groups, effect: str, request: Request) -> tuple[RequiredLayer, ...]:
    return tuple((layer, _entries(policies, layer, effect, request)) for layer, policies in groups)


def _entries(policies: Iterable[Policy], layer: Layer, effect: str, request: Request) -> IndexedStatements:
    return tuple(
        [
            (naming, Reason(layer, effect, policy.name, statement.index, statement.sid))
            for policy in policies
            for statement in policy.statements
            if statement.effect == effect and (naming := _naming(statement, request))
        ]
    )


def _naming(statement: Statement, request: Request) -> Statement | None:
    """Return the statement if it names the action, with a test that is unknown if that can't be read."""
    try:
        return statement if statement.names_action(request.action.lower(), request) else None
    except UnknownOutcome as outcome:
        return replace(statement, conditions=(*statement.conditions, UnreadableCondition(outcome.name)))


def _deny_ignoring_not_principal(statement: Statement) -> Statement:
    """Return the statement as it applies to a caller with a permissions boundary: NotPrincipal exempts nobody.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    negated = statement.principals is not None and statement.principals.negated
    return replace(statement, principals=EVERYONE) if negated else statement

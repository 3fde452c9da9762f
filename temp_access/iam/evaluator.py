"""PolicySet with its index by action; evaluate()."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from temp_access.iam.decision import Decision, DecisionType, Layer, Reason
from temp_access.iam.document import Policy, Statement
from temp_access.iam.principals import PrincipalMatch, Principals
from temp_access.iam.request import Request

IndexedStatements = tuple[tuple[Statement, Reason], ...]
RequiredLayer = tuple[Layer, IndexedStatements]
Groups = list[tuple[Layer, tuple[Policy, ...]]]
_EVERYONE = Principals(everyone=True, accounts=frozenset(), named=frozenset())


@dataclass(frozen=True, slots=True)
class StatementIndex:
    """Each statement with the reason to report if it applies, and the layers that must allow (gates).

    `ceilings` are the levels of RCPs and SCPs; `limits` the permissions boundary and the session policy.
    """

    denies: IndexedStatements
    resource: IndexedStatements
    ceilings: tuple[RequiredLayer, ...]
    limits: tuple[RequiredLayer, ...]
    identity_and_limits: tuple[RequiredLayer, ...]


def index_statements(layers: PolicySet, request: Request) -> StatementIndex:
    """The statements of these layers that name the request's action."""
    ceilings: Groups = [(Layer.RCP, level) for level in layers.rcps]
    ceilings += [(Layer.SCP, level) for level in layers.scps]
    resource: Groups = [(layers.resource_layer, (layers.resource,))] if layers.resource else []
    identity: Groups = [(Layer.IDENTITY, layers.identity)]
    limits: Groups = [(Layer.BOUNDARY, (layers.boundary,))] if layers.boundary else []
    limits += [] if layers.session is None else [(Layer.SESSION, layers.session)]
    denies = [
        (_deny_ignoring_not_principal(statement) if layers.boundary else statement, reason)
        for _, entries in _required_layers([*ceilings, *resource, *identity, *limits], "Deny", request)
        for statement, reason in entries
    ]
    return StatementIndex(
        denies=tuple(denies),
        resource=tuple(entry for _, entries in _required_layers(resource, "Allow", request) for entry in entries),
        ceilings=_required_layers(ceilings, "Allow", request),
        limits=_required_layers(limits, "Allow", request),
        identity_and_limits=_required_layers([*identity, *limits], "Allow", request),
    )


def _required_layers(groups: Groups, effect: str, request: Request) -> tuple[RequiredLayer, ...]:
    return tuple((layer, _entries(policies, layer, effect, request)) for layer, policies in groups)


def _entries(policies: Iterable[Policy], layer: Layer, effect: str, request: Request) -> IndexedStatements:
    action = request.action.lower()
    return tuple(
        (statement, Reason(layer, effect, policy.name, statement.index, statement.sid))
        for policy in policies
        for statement in policy.statements
        if statement.effect == effect and statement.names_action(action, request)
    )


def _deny_ignoring_not_principal(statement: Statement) -> Statement:
    """A Deny with NotPrincipal hits every caller that has a permissions boundary.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    negated = statement.principals is not None and statement.principals.negated
    return replace(statement, principals=_EVERYONE) if negated else statement


__all__ = ["Decision", "DecisionType", "Layer", "Policy", "PolicySet", "Reason", "Request", "evaluate"]
_MOST_ACTIONS = 20_000


@dataclass(frozen=True)
class PolicySet:
    """All policies that apply to a principal and a resource; make one and evaluate many requests against it.

    `session` is None for a session made without session policies; of several (inline, managed) one must
    allow. `resource` is the policy of the resource. If `resource_is_trust_policy`, it is a role's trust
    policy, which must allow (a KMS key's must as well). `scps` and `rcps` hold one tuple for each level from
    the root of the organization to the account; each level must allow. Callers without an account have no
    SCPs.
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
        """What the resource policy counts as."""
        return Layer.TRUST if self.resource_is_trust_policy else Layer.RESOURCE

    def statement_index(self, request: Request) -> StatementIndex:
        """The statements that name the request's action, indexed by action."""
        found = self._indexes.get(request.action)
        if found is None:
            if len(self._indexes) >= _MOST_ACTIONS:
                self._indexes.clear()
            found = self._indexes[request.action] = index_statements(self, request)
        return found


def evaluate(layers: PolicySet, request: Request) -> Decision:
    """Decide one request: an explicit deny wins; else every layer that has a say must allow."""
    listed = layers.statement_index(request)
    if denied := _applying(listed.denies, request):
        return Decision(DecisionType.EXPLICIT_DENY, denied[0].layer, denied)
    grant = PrincipalMatch.NONE
    reasons: tuple[Reason, ...] = ()
    missing: tuple[Layer, ...] = ()
    for statement, reason in listed.resource:
        if statement.applies(request) and statement.principals is not None:
            grant = max(grant, statement.principals.match(request))
            reasons += (reason,)
    for layer, entries in listed.ceilings:
        if found := _applying(entries, request):
            reasons += found
        else:
            missing += (layer,)
    has_account = request.principal.startswith("arn:")
    same_account = request.account == request.resource_account
    if grant is PrincipalMatch.NONE and (layers.resource_is_trust_policy or not same_account or not has_account):
        missing += (layers.resource_layer,)
    decided_by = layers.resource_layer
    gates: tuple[RequiredLayer, ...] = ()
    if has_account and not (same_account and grant is PrincipalMatch.DIRECT):
        if same_account and grant is PrincipalMatch.ROLE:
            gates = listed.limits
        else:
            decided_by, gates = Layer.IDENTITY, listed.identity_and_limits
    for layer, entries in gates:
        if found := _applying(entries, request):
            reasons += found
        elif layer is not Layer.IDENTITY or not request.principal.endswith(":root"):
            missing += (layer,)
    # Of the sessions made without a session policy only a role's may do anything (same page).
    if gates and layers.session is None and ":federated-user/" in request.principal:
        missing += (Layer.SESSION,)
    if missing:
        return Decision(DecisionType.IMPLICIT_DENY, missing[0], (), missing)
    return Decision(DecisionType.ALLOWED, decided_by, reasons)


def _applying(entries: IndexedStatements, request: Request) -> tuple[Reason, ...]:
    found: tuple[Reason, ...] = ()
    for statement, reason in entries:
        if statement.applies(request):
            found += (reason,)
    return found

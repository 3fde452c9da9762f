"""Who can call for a session of the role, and under which combinations of condition keys, in both snapshots."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.iam.decision import Decision
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.statements import policy_statements
from temp_access.review.compare.contexts import ContextPlan, Deviations, context_plan
from temp_access.review.compare.decisions import unknown_names
from temp_access.review.compare.key_values import KeyValue
from temp_access.review.compare.principals import (
    ExternalPrincipal,
    condition_principals,
    external_principals,
    federated_principal,
    tests_kind,
)
from temp_access.review.compare.relevance import LayeredStatement, layered_statements, layers_present, same_meaning
from temp_access.review.snapshot import ROLE, SESSIONS, USER, Snapshot


@dataclass(frozen=True)
class AssumeComparison:
    """The decisions about one caller's call for the role, in base and head, by combination of condition keys.

    `unchanged` is whether the same statements decide on both sides. `unknown` names what decisions depend on that
    isn't known; the combinations with such decisions aren't in `before` and `after`.
    """

    plan: ContextPlan
    before: Mapping[Deviations, Decision] = field(default_factory=dict)
    after: Mapping[Deviations, Decision] = field(default_factory=dict)
    unchanged: bool = False
    unknown: tuple[str, ...] = ()

    @property
    def old(self) -> frozenset[Deviations]:
        """The combinations that base allows."""
        return _allowed(self.before)

    @property
    def new(self) -> frozenset[Deviations]:
        """The combinations that head allows."""
        return _allowed(self.after)

    def value(self, combination: Deviations, key: str) -> KeyValue:
        """Return the value of a key in a combination."""
        return dict(combination).get(key, self.plan.keys[key].values[0])

    def required(self, allowed: frozenset[Deviations]) -> dict[str, frozenset[KeyValue]]:
        """Return the keys on which the decision depends, each with all values that are allowed."""
        if not allowed:
            return {}
        required = {}
        for key, tried in self.plan.keys.items():
            values = frozenset(self.value(combination, key) for combination in allowed)
            if values != frozenset(self.value(combination, key) for combination in self.before):
                required[key] = tried.standing_for(values)
        return required


def _allowed(decisions: Mapping[Deviations, Decision]) -> frozenset[Deviations]:
    return frozenset(combination for combination, decision in decisions.items() if decision.allowed)


def compare_assuming(caller: ExternalPrincipal, base: Snapshot, head: Snapshot) -> AssumeComparison:
    """Return the decisions about the caller's call for a session of the role."""
    policy_sets = [_policies(caller, snapshot) for snapshot in (base, head)]
    statements = [
        _relevant(policies, _request(caller, snapshot, {}))
        for policies, snapshot in zip(policy_sets, (base, head), strict=True)
    ]
    same_layers = layers_present(policy_sets[0]) == layers_present(policy_sets[1])
    unchanged = base.target == head.target and same_layers and same_meaning(*statements)
    relevant = tuple(dict.fromkeys(each for side in statements for each in side))
    plan = context_plan(relevant, head, _request(caller, head, {}))
    combinations, complete = plan.combinations(relevant)
    before, after = (
        {each: evaluate(policies, _request(caller, snapshot, plan.context(each))) for each in combinations}
        for policies, snapshot in zip(policy_sets, (base, head), strict=True)
    )
    names = {each: (*unknown_names(before[each]), *unknown_names(after[each])) for each in combinations}
    undecided = [each for each in combinations if names[each]]
    unknown = dict.fromkeys(name for each in undecided for name in names[each])
    for each in undecided:
        del before[each], after[each]
    if not complete:
        unknown[f"combinations of {', '.join(plan.written.values())} that are too many to compare"] = None
    return AssumeComparison(plan, before, after, unchanged, () if unchanged else tuple(unknown))


def assume_callers(base: Snapshot, head: Snapshot) -> Iterator[ExternalPrincipal]:
    """Yield every caller that a trust policy or its conditions name, the user first, and the role's own sessions."""
    yield ExternalPrincipal(head.target.user_name, USER, None)
    named = dict.fromkeys([*_trusted_principals(base), *_trusted_principals(head)])
    providers = dict.fromkeys([*_identity_providers(base), *_identity_providers(head)])
    yield from map(federated_principal, providers)
    names = [name for name in named if name not in providers]
    if ROLE in names or any(name.startswith(SESSIONS) for name in names):
        yield ExternalPrincipal("the role's own sessions", f"{SESSIONS}session", None, ROLE)
    others = [name for name in [*names, "*"] if name not in (USER, ROLE) and not name.startswith(SESSIONS)]
    by_kind = tests_kind((base, head))
    # Anonymous callers can't call AssumeRole.
    yield from (caller for caller in external_principals(others, head, by_kind=by_kind) if caller.arn != "*")


def _policies(caller: ExternalPrincipal, snapshot: Snapshot) -> PolicySet:
    own = snapshot.policies_of(PolicyOwner.USER if caller.arn == USER else PolicyOwner.OUTSIDER)
    return snapshot.policies.on(snapshot.state.role, own)


def _request(caller: ExternalPrincipal, snapshot: Snapshot, context: Mapping[str, ContextValue]) -> Request:
    target = snapshot.target
    return Request(
        principal=snapshot.names.localize(caller.arn),
        action=caller.action,
        resource=target.role_arn,
        account=target.account if caller.account is None else caller.account,
        resource_account=target.account,
        role_arn=snapshot.names.localize(caller.role_arn) if caller.role_arn else None,
        context=context,
    )


def _relevant(policies: PolicySet, request: Request) -> tuple[LayeredStatement, ...]:
    return tuple(each for each in layered_statements(policies) if each.can_decide(request))


def _trusted_principals(snapshot: Snapshot) -> Iterator[str]:
    for statement in policy_statements([snapshot.policies.trust_policy(snapshot.state.role)]):
        yield from map(
            snapshot.names.normalize, [*statement.principal_names(), *condition_principals(statement, snapshot)]
        )


def _identity_providers(snapshot: Snapshot) -> Iterator[str]:
    for statement in policy_statements([snapshot.policies.trust_policy(snapshot.state.role)]):
        yield from map(snapshot.names.normalize, statement.principal_names("Federated"))

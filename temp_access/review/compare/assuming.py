"""Who can call for a session of the role, and under which combinations of condition keys, in both snapshots."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from temp_access.iam.decision import Decision
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.statements import StatementView, policy_statements
from temp_access.review.compare.borrower_callers import borrower_callers, further_statements
from temp_access.review.compare.contexts import ContextPlan, Deviations, context_plan
from temp_access.review.compare.decisions import unknown_names
from temp_access.review.compare.key_values import KeyValue
from temp_access.review.compare.principals import (
    ExternalPrincipal,
    condition_principals,
    external_principals,
    federated_principal,
    tests_kind,
    user_subject,
)
from temp_access.review.compare.relevance import LayeredStatement, layered_statements, layers_present, same_meaning
from temp_access.review.holders import OUTSIDER, ROLE_HOLDER, Holder
from temp_access.review.names import (
    ACCOUNT,
    GRANT_TOKEN,
    PARTITION,
    ROLE,
    SESSIONS,
    USER,
    role_token,
    sessions_token,
)
from temp_access.review.snapshot import Snapshot, same_names, users

_USER_ID = "aws:userid"


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


def compare_assuming(
    caller: ExternalPrincipal, base: Snapshot, head: Snapshot, role: Holder = ROLE_HOLDER
) -> AssumeComparison:
    """Return the decisions about the caller's call for a session of the role."""
    policy_sets = [_policies(caller, snapshot, role) for snapshot in (base, head)]
    statements = [
        _relevant(policies, _request(caller, snapshot, role, {}))
        for policies, snapshot in zip(policy_sets, (base, head), strict=True)
    ]
    same_layers = layers_present(policy_sets[0]) == layers_present(policy_sets[1])
    same = same_names(base, head) and base.arn_of(role) == head.arn_of(role)
    unchanged = same and same_layers and same_meaning(*statements)
    relevant = tuple(dict.fromkeys(each for side in statements for each in side))
    probe = _request(caller, head, role, {})
    user_name = probe.principal.rpartition("/")[2] if ":user/" in probe.principal else None
    plan = context_plan(relevant, head, probe, user_name=user_name, fixed=dict(caller.keys))
    combinations, complete = plan.combinations(relevant)
    before, after = (
        {each: evaluate(policies, _request(caller, snapshot, role, plan.context(each))) for each in combinations}
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


def assume_callers(base: Snapshot, head: Snapshot, role: Holder = ROLE_HOLDER) -> Iterator[ExternalPrincipal]:
    """Yield every caller that a trust policy or its conditions name, the user first, and the role's own sessions.

    Of the role of a grant, these are its borrowers, and whoever statements name that don't come from access.toml.
    """
    further = [further_statements(each, role) for each in (base, head)]
    if role != ROLE_HOLDER:
        yield from borrower_callers(role, base, head)
        if not any(further):
            return
    yield ExternalPrincipal(head.target.user_name, USER, None)
    yield from (user_caller(holder) for holder in users(base, head))
    views = [_statements(each, role, bodies) for each, bodies in zip((base, head), further, strict=True)]
    sides = list(zip((base, head), views, strict=True))
    named = dict.fromkeys(name for side in sides for name in _principals(*side))
    providers = dict.fromkeys(
        each.names.normalize(name) for each, own in sides for view in own for name in view.principal_names("Federated")
    )
    yield from map(federated_principal, providers)
    names = [name for name in named if name not in providers]
    if ROLE in names or any(name.startswith(SESSIONS) for name in names):
        yield ExternalPrincipal("the role's own sessions", f"{SESSIONS}session", None, ROLE)
    own_names = [name for name in names if name in (USER, ROLE) or name.startswith(SESSIONS)]
    yield from _sessions_of_grants(names)
    others = [name for name in [*names, "*"] if name not in own_names and not GRANT_TOKEN.match(name)]
    by_kind = tests_kind((base, head), role)
    # Anonymous callers can't call AssumeRole.
    callers = [caller for caller in external_principals(others, head, by_kind=by_kind) if caller.arn != "*"]
    yield from callers
    yield from _named_sessions(callers, [view for _, own in sides for view in own])


def _named_sessions(
    callers: Iterable[ExternalPrincipal], views: Iterable[StatementView]
) -> Iterator[ExternalPrincipal]:
    """Yield the sessions of roles with the names that conditions on `aws:userid` tell apart."""
    values = [
        value for view in views for each in view.conditions if each.lower_key == _USER_ID for value in each.values
    ]
    names = dict.fromkeys(value.partition(":")[2] for value in values if ":" in value)
    for name in names:
        for caller in callers:
            if caller.role_arn:
                arn = caller.arn.rpartition("/")[0] + "/" + name.replace("*", "example").replace("?", "x")
                yield replace(caller, arn=arn, description=f"{caller.description} (session {name})")


def user_caller(holder: Holder) -> ExternalPrincipal:
    """Return a user for a person as a caller."""
    return ExternalPrincipal(user_subject(holder), f"{PARTITION}iam:{ACCOUNT}user/{holder.name}", None)


def _sessions_of_grants(names: Iterable[str]) -> Iterator[ExternalPrincipal]:
    for id_ in dict.fromkeys(match[2] for name in names if (match := GRANT_TOKEN.match(name))):
        arn = f"{sessions_token(id_)}session"
        yield ExternalPrincipal(f"sessions of {id_}", arn, None, role_token(id_))


def _policies(caller: ExternalPrincipal, snapshot: Snapshot, role: Holder) -> PolicySet:
    holder = snapshot.user_holder(snapshot.names.localize(caller.arn))
    policies = snapshot.policies.on(snapshot.state.role, snapshot.policies_of(holder or OUTSIDER))
    return replace(policies, resource=snapshot.trust_policy(role))


def _request(
    caller: ExternalPrincipal, snapshot: Snapshot, role: Holder, context: Mapping[str, ContextValue]
) -> Request:
    target = snapshot.target
    keys = {key: target.account if value == ACCOUNT else value for key, value in caller.keys}
    return Request(
        principal=snapshot.names.localize(caller.arn),
        action=caller.action,
        resource=snapshot.arn_of(role),
        account=target.account if caller.account is None else caller.account,
        resource_account=target.account,
        role_arn=snapshot.names.localize(caller.role_arn) if caller.role_arn else None,
        context={**context, **keys},
    )


def _relevant(policies: PolicySet, request: Request) -> tuple[LayeredStatement, ...]:
    return tuple(each for each in layered_statements(policies) if each.can_decide(request))


def _statements(snapshot: Snapshot, role: Holder, further: Sequence[Mapping[str, Any]]) -> list[StatementView]:
    """Return the statements whose principals are callers: of the one role all, else those in `further`."""
    policy = snapshot.trust_policy(role)
    views = policy_statements([policy])
    pairs = zip(policy.bodies, views, strict=True)
    return [view for body, view in pairs if role == ROLE_HOLDER or body in further]


def _principals(snapshot: Snapshot, views: Iterable[StatementView]) -> Iterator[str]:
    for view in views:
        yield from map(snapshot.names.normalize, [*view.principal_names(), *condition_principals(view, snapshot)])

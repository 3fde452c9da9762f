"""The decisions about one principal's sample requests in both snapshots, under all conditions that matter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from temp_access.iam.decision import Decision, DecisionType
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.request import Request
from temp_access.review.compare.actions import sample_actions, service_of
from temp_access.review.compare.contexts import ContextPlan, Deviations, context_plan
from temp_access.review.compare.key_values import KeyValue
from temp_access.review.compare.overlaps import overlaps
from temp_access.review.compare.principals import ComparedPrincipal
from temp_access.review.compare.relevance import LayeredStatement, layered_statements, layers_present, same_meaning
from temp_access.review.compare.requests import SampleRequest, make_request, sample_requests
from temp_access.review.compare.scopes import ResourceScope, baseline_scopes, overlapping_scopes, scopes_of
from temp_access.review.snapshot import Snapshot, Snapshots, same_names

BASELINE_ACTIONS = ("s3:*", "*")
_Pair = tuple[Decision, Decision]
_NO_CONTEXT: Deviations = ()


@dataclass
class DecisionPairs:
    """A principal's sample requests with their decisions in base and head, and the patterns that they came from.

    `contexts` are the combinations of condition keys under which a decision can differ, each with the samples that it
    matters to, fewest deviations from a usual request first. `unknown` names what decisions depend on.
    """

    actions: tuple[str, ...] = ()
    scopes: tuple[ResourceScope, ...] = ()
    samples: tuple[SampleRequest, ...] = ()
    plan: ContextPlan | None = None
    contexts: Mapping[Deviations, Sequence[SampleRequest]] = field(default_factory=dict)
    contexts_of: Mapping[SampleRequest, Sequence[Deviations]] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)
    _deciders: "tuple[_Decider, _Decider] | None" = None
    _decided: dict[tuple[SampleRequest, Deviations], _Pair] = field(default_factory=dict)

    def pair(self, sample: SampleRequest, context: Deviations) -> _Pair:
        """Return the decisions in base and head; keys that can't matter to the request are the usual ones."""
        assert self._deciders  # noqa: S101 - there are no samples without it
        assert self.plan  # noqa: S101 - the same
        base, head = self._deciders
        keys = base.keys(sample) | head.keys(sample)
        own = tuple(each for each in context if each[0] in keys)
        if (sample, own) not in self._decided:
            self._decided[sample, own] = (base.decide(sample, self.plan, own), head.decide(sample, self.plan, own))
        return self._decided[sample, own]

    def representatives(self, sample: SampleRequest, key: str) -> Mapping[KeyValue, KeyValue]:
        """Return for each value of a key the one that was tried for a request instead of it."""
        assert self._deciders  # noqa: S101 - there are no samples without it
        assert self.plan  # noqa: S101 - the same
        statements = [each for decider in self._deciders for each in decider.relevant(sample)]
        return self.plan.representatives(key, statements)


@dataclass
class _Decider:
    """The policies of the principal in one snapshot, and the statements that can decide each request."""

    principal: ComparedPrincipal
    snapshot: Snapshot
    policy_sets: Mapping[bool, PolicySet]
    arn: str
    _relevant: dict[SampleRequest, tuple[LayeredStatement, ...]] = field(default_factory=dict)
    _keys: dict[SampleRequest, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.statements = {on_bucket: layered_statements(each) for on_bucket, each in self.policy_sets.items()}

    def request(self, sample: SampleRequest, plan: ContextPlan, context: Deviations) -> Request:
        return make_request(sample, self.principal, self.snapshot, self.arn, plan.context(context))

    def relevant(self, sample: SampleRequest) -> tuple[LayeredStatement, ...]:
        if sample not in self._relevant:
            request = make_request(sample, self.principal, self.snapshot, self.arn, {})
            statements = self.statements[sample.on_bucket]
            self._relevant[sample] = tuple(each for each in statements if each.can_decide(request))
        return self._relevant[sample]

    def keys(self, sample: SampleRequest) -> frozenset[str]:
        if sample not in self._keys:
            self._keys[sample] = frozenset(key for each in self.relevant(sample) for key in each.keys)
        return self._keys[sample]

    def decide(self, sample: SampleRequest, plan: ContextPlan, context: Deviations) -> Decision:
        return evaluate(self.policy_sets[sample.on_bucket], self.request(sample, plan, context))


def decide_both(principal: ComparedPrincipal, base: Snapshot, head: Snapshot) -> DecisionPairs:
    """Return the decisions about all requests that the principal's policies in base and head suggest."""
    deciders = _decider(principal, base), _decider(principal, head)
    old, new = (decider.statements[True] for decider in deciders)
    same = same_names(base, head) and deciders[0].arn == deciders[1].arn and not principal.moves(base, head)
    if same and same_meaning(old, new) and _layers(deciders[0]) == _layers(deciders[1]):
        return DecisionPairs()
    actions, scopes = _patterns(principal, (base, head), old, new)
    some = make_request(SampleRequest("*", "*", None), principal, head, deciders[1].arn, {})
    plan = context_plan([*old, *new], head, some, user_name=principal.user_name(head))
    samples = tuple(sample_requests(head, actions, scopes))
    contexts: dict[Deviations, list[SampleRequest]] = {_NO_CONTEXT: list(samples)}
    contexts_of: dict[SampleRequest, Sequence[Deviations]] = {}
    pairs = DecisionPairs(actions, scopes, samples, plan, contexts, contexts_of, {}, deciders)
    for sample in samples:
        before, after = (decider.relevant(sample) for decider in deciders)
        if same and same_meaning(before, after) and _layers(deciders[0]) == _layers(deciders[1]):
            continue
        combinations, complete = plan.combinations((*before, *after))
        if not complete:
            keys = ", ".join(sorted({entry.key for each in (*before, *after) for entry in each.view.conditions}))
            pairs.unknown[f"combinations of {keys} that are too many to compare"] = None
        contexts_of[sample] = combinations
        for context in combinations:
            if context:
                contexts.setdefault(context, []).append(sample)
            pair = pairs.pair(sample, context)
            pairs.unknown |= dict.fromkeys(name for each in pair for name in unknown_names(each))
    pairs.contexts = dict(sorted(contexts.items(), key=lambda item: len(item[0])))
    return pairs


def unknown_names(decision: Decision) -> tuple[str, ...]:
    """Return what an undecided decision depends on; a decision is undecided only if it depends on something."""
    return decision.unknown if decision.kind is DecisionType.UNDECIDED else ()


def _decider(principal: ComparedPrincipal, snapshot: Snapshot) -> _Decider:
    policy_sets = {on_bucket: principal.policy_set(snapshot, on_bucket=on_bucket) for on_bucket in (True, False)}
    return _Decider(principal, snapshot, policy_sets, principal.caller_arn(snapshot))


def _layers(decider: _Decider) -> tuple[bool, ...]:
    return layers_present(decider.policy_sets[True])


def _patterns(
    principal: ComparedPrincipal, snapshots: Snapshots, *statements: Sequence[LayeredStatement]
) -> tuple[tuple[str, ...], tuple[ResourceScope, ...]]:
    """Return the patterns of actions and the scopes to try."""
    old, new = ([each.view for each in one_side] for one_side in statements)
    named_actions = [action for view in (*old, *new) for action in view.actions]
    actions = tuple(dict.fromkeys([*named_actions, *overlaps(named_actions, ignore_case=True), *BASELINE_ACTIONS]))
    services = dict.fromkeys(service_of(action) for pattern in actions for action in sample_actions(pattern))
    base, head = snapshots
    baseline = baseline_scopes(_folders(principal, base, head), services)
    named = [*scopes_of(base, old, principal.user_name(base)), *scopes_of(head, new, principal.user_name(head))]
    named += [*overlapping_scopes(head, named), *baseline]
    return actions, tuple({(scope.pattern, scope.prefix): scope for scope in named}.values())


def _folders(principal: ComparedPrincipal, base: Snapshot, head: Snapshot) -> list[str]:
    if principal.grants:
        return list(dict.fromkeys(grant.folder for grant in principal.grants))
    # A few folders are enough: only their position in the bucket matters.
    return [grant.folder for snapshot in (base, head) for grant in list(snapshot.config.grants.values())[:3]]

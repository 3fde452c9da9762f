"""The decisions about one principal's sample requests in both snapshots."""

from dataclasses import dataclass

from temp_access.iam.decision import Decision
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.statements import StatementView, policy_statements
from temp_access.review.compare.actions import sample_actions, service_of
from temp_access.review.compare.principals import ComparedPrincipal
from temp_access.review.compare.requests import SampleRequest, condition_contexts, decide, sample_requests
from temp_access.review.compare.scopes import ResourceScope, baseline_scopes, scopes_of
from temp_access.review.snapshot import Snapshot

BASELINE_ACTIONS = ("s3:*", "*")


@dataclass(frozen=True)
class DecisionPairs:
    """Every sample request of a principal with its decisions in base and head, and the patterns that it came from."""

    actions: tuple[str, ...]
    scopes: tuple[ResourceScope, ...]
    decisions: dict[SampleRequest, tuple[Decision, Decision]]


def decide_both(principal: ComparedPrincipal, base: Snapshot, head: Snapshot) -> DecisionPairs:
    """Return the decisions about all requests that the principal's policies in base and head suggest."""
    before, after = _policy_sets(principal, base), _policy_sets(principal, head)
    if _by_layer(before) == _by_layer(after) and base.target == head.target:
        return DecisionPairs((), (), {})
    old, new = _statements(before), _statements(after)
    named_actions = (action for statement in (*old, *new) for action in statement.actions)
    actions = tuple(dict.fromkeys([*named_actions, *BASELINE_ACTIONS]))
    services = dict.fromkeys(service_of(action) for pattern in actions for action in sample_actions(pattern))
    named = [*scopes_of(base, old), *scopes_of(head, new), *baseline_scopes(_folders(principal, base, head), services)]
    scopes = tuple({(scope.pattern, scope.prefix): scope for scope in named}.values())
    identified = principal.external is None or principal.external.account != ""
    contexts = condition_contexts([*old, *new], head.config.user.name, identified=identified)
    base_arn, head_arn = principal.caller_arn(base), principal.caller_arn(head)
    decisions = {
        sample: (decide(sample, principal, base, base_arn, before), decide(sample, principal, head, head_arn, after))
        for sample in sample_requests(head, actions, scopes, contexts)
    }
    return DecisionPairs(actions, scopes, decisions)


def _policy_sets(principal: ComparedPrincipal, snapshot: Snapshot) -> dict[bool, PolicySet]:
    return {on_bucket: principal.policy_set(snapshot, on_bucket=on_bucket) for on_bucket in (True, False)}


def _by_layer(policy_sets: dict[bool, PolicySet]) -> list[list[StatementView] | None]:
    """Return the statements of each layer, None for a layer without a policy, which doesn't limit anything."""
    on_bucket = policy_sets[True]
    layers = (on_bucket.identity, _layer(on_bucket.boundary), on_bucket.session, _layer(on_bucket.resource))
    return [None if policies is None else list(policy_statements(policies)) for policies in layers]


def _layer(policy: Policy | None) -> tuple[Policy, ...] | None:
    return None if policy is None else (policy,)


def _statements(policy_sets: dict[bool, PolicySet]) -> list[StatementView]:
    return [statement for layer in _by_layer(policy_sets) for statement in layer or ()]


def _folders(principal: ComparedPrincipal, base: Snapshot, head: Snapshot) -> list[str]:
    if principal.grants:
        return list(dict.fromkeys(grant.folder for grant in principal.grants))
    # A few folders are enough: only their position in the bucket matters.
    return [grant.folder for snapshot in (base, head) for grant in list(snapshot.config.grants.values())[:3]]

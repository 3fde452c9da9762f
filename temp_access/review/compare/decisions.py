"""What one actor gained and lost: every request is decided on both sides."""

from dataclasses import dataclass

from temp_access.iam.decision import Decision
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.statements import StatementView, policy_statements
from temp_access.review.compare.actions import actions_of, service_of
from temp_access.review.compare.principals import ComparedPrincipal
from temp_access.review.compare.requests import SampleRequest, condition_contexts, decide, sample_requests
from temp_access.review.compare.scopes import ResourceScope, baseline_scopes, scopes_of
from temp_access.review.snapshot import Snapshot

ALWAYS = ("s3:*", "*")


@dataclass(frozen=True)
class DecisionPairs:
    """Every request of an actor with its two answers, and the patterns that they were made of."""

    actions: tuple[str, ...]
    scopes: tuple[ResourceScope, ...]
    decisions: dict[SampleRequest, tuple[Decision, Decision]]


def decide_both(actor: ComparedPrincipal, base: Snapshot, head: Snapshot) -> DecisionPairs:
    """Return the answers to all requests that the actor's policies on both sides suggest."""
    before, after = _layers(actor, base), _layers(actor, head)
    old, new = _statements(before), _statements(after)
    if old == new and base.target == head.target:
        return DecisionPairs((), (), {})
    actions = tuple(dict.fromkeys([*(action for statement in (*old, *new) for action in statement.actions), *ALWAYS]))
    services = dict.fromkeys(service_of(action) for pattern in actions for action in actions_of(pattern))
    places = [*scopes_of(base, old), *scopes_of(head, new), *baseline_scopes(_folders(actor, base, head), services)]
    kept = tuple({(spot.pattern, spot.prefix): spot for spot in places}.values())
    identified = actor.stranger is None or actor.stranger.account != ""
    keys = condition_contexts([*old, *new], head.config.user.name, identified=identified)
    names = (actor.principal(base), actor.principal(head))
    answers = {
        ask: (decide(ask, actor, base, names[0], before), decide(ask, actor, head, names[1], after))
        for ask in sample_requests(head, actions, kept, keys)
    }
    return DecisionPairs(actions, kept, answers)


def _layers(actor: ComparedPrincipal, side: Snapshot) -> dict[bool, PolicySet]:
    return {on_bucket: actor.layers(side, on_bucket=on_bucket) for on_bucket in (True, False)}


def _statements(layers: dict[bool, PolicySet]) -> list[StatementView]:
    on_bucket = layers[True]
    policies = [*on_bucket.identity, on_bucket.boundary, *(on_bucket.session or ()), on_bucket.resource]
    return list(policy_statements(policies))


def _folders(actor: ComparedPrincipal, base: Snapshot, head: Snapshot) -> list[str]:
    if actor.grants:
        return list(dict.fromkeys(grant.folder for grant in actor.grants))
    # The first few: their place in the bucket is what matters, not their number.
    return [grant.folder for side in (base, head) for grant in list(side.config.grants.values())[:3]]

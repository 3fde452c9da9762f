"""The decisions about one principal's sample requests in both snapshots."""

from collections.abc import Iterator
from dataclasses import dataclass

from temp_access.iam.decision import Decision
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.statements import Body, bodies, texts
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
    before, after = _layers(principal, base), _layers(principal, head)
    old, new = list(_bodies(before)), list(_bodies(after))
    if old == new and _versions(before) == _versions(after) and base.target == head.target:
        return DecisionPairs((), (), {})
    actions = tuple(dict.fromkeys([*_actions([*old, *new]), *BASELINE_ACTIONS]))
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


def _layers(principal: ComparedPrincipal, snapshot: Snapshot) -> dict[bool, PolicySet]:
    return {on_bucket: principal.layers(snapshot, on_bucket=on_bucket) for on_bucket in (True, False)}


def _bodies(layers: dict[bool, PolicySet]) -> Iterator[Body]:
    yield from bodies(_policies(layers))


def _versions(layers: dict[bool, PolicySet]) -> list[str]:
    return [policy.version for policy in _policies(layers) if policy]


def _policies(layers: dict[bool, PolicySet]) -> list[Policy | None]:
    on_bucket = layers[True]
    return [*on_bucket.identity, on_bucket.boundary, *(on_bucket.session or ()), on_bucket.resource]


def _actions(statements: list[Body]) -> Iterator[str]:
    for body in statements:
        yield from texts(body, "Action", "NotAction")


def _folders(principal: ComparedPrincipal, base: Snapshot, head: Snapshot) -> list[str]:
    if principal.grants:
        return list(dict.fromkeys(grant.folder for grant in principal.grants))
    # A few folders are enough: only their position in the bucket matters.
    return [grant.folder for snapshot in (base, head) for grant in list(snapshot.config.grants.values())[:3]]

"""The finite set of requests that one actor's access is compared by."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from temp_access.policy.decision import Decision
from temp_access.policy.evaluate import PolicySet, evaluate
from temp_access.policy.request import Request
from temp_access.review.actions import LISTINGS, actions_of, fits, service_of
from temp_access.review.actors import ComparedPrincipal, PolicyOwner
from temp_access.review.contexts import ConditionContext
from temp_access.review.side import Snapshot
from temp_access.review.spots import ResourceScope
from temp_access.review.tokens import BUCKET, ROLE, localize


@dataclass(frozen=True)
class SampleRequest:
    """One request in a form that both sides have; `prefix` is a listing's, None for none."""

    action: str
    resource: str
    prefix: str | None
    context: ConditionContext = field(repr=False)


def sample_requests(
    head: Snapshot, actions: Iterable[str], spots: Iterable[ResourceScope], contexts: Iterable[ConditionContext]
) -> Iterator[SampleRequest]:
    """Yield every action on every resource that it can be about, with each prefix if it is a listing."""
    contexts = list(contexts)
    named = dict.fromkeys(action for pattern in actions for action in actions_of(pattern))
    resources = dict.fromkeys(text for spot in spots for text in spot.resources)
    prefixes = dict.fromkeys(text for spot in spots for text in spot.prefixes)
    for action in named:
        for resource in resources:
            # Who may assume the role itself is a question of its trust policy.
            if not fits(action, localize(head, resource)) or (resource == ROLE and service_of(action) == "sts"):
                continue
            lists = action in LISTINGS and resource == BUCKET
            for prefix in (None, "", *prefixes) if lists else (None,):
                yield from (SampleRequest(action, resource, prefix, context) for context in contexts)


def decide(
    ask: SampleRequest, actor: ComparedPrincipal, side: Snapshot, principal: str, layers: Mapping[bool, PolicySet]
) -> Decision:
    """Return the answer on `side`; `layers` are the actor's there, by whether the call is on the bucket."""
    stranger, account = actor.stranger, side.target.account
    theirs = account if stranger is None or stranger.account is None else stranger.account
    role_arn = side.target.role_arn if actor.holds is PolicyOwner.ROLE else None
    if stranger and stranger.role_arn:
        role_arn = localize(side, stranger.role_arn)
    keys = dict(ask.context.keys)
    if ask.prefix is not None:
        keys["s3:prefix"] = ask.prefix
    request = Request(
        principal=principal,
        action=ask.action,
        resource=localize(side, ask.resource),
        account=theirs,
        resource_account=account,
        role_arn=role_arn,
        context=keys,
    )
    return evaluate(layers[f"{ask.resource}/".startswith(f"{BUCKET}/")], request)

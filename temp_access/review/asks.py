"""The finite set of requests that one actor's access is compared by."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from temp_access.policy.decision import Decision
from temp_access.policy.evaluate import Layers, evaluate
from temp_access.policy.request import Request
from temp_access.review.actions import LISTINGS, actions_of, fits, service_of
from temp_access.review.actors import Actor, Holds
from temp_access.review.contexts import Context
from temp_access.review.side import Side
from temp_access.review.spots import Spot
from temp_access.review.tokens import BUCKET, ROLE, own_form


@dataclass(frozen=True)
class Ask:
    """One request in a form that both sides have; `prefix` is a listing's, None for none."""

    action: str
    resource: str
    prefix: str | None
    context: Context = field(repr=False)


def asks(head: Side, actions: Iterable[str], spots: Iterable[Spot], contexts: Iterable[Context]) -> Iterator[Ask]:
    """Yield every action on every resource that it can be about, with each prefix if it is a listing."""
    contexts = list(contexts)
    named = dict.fromkeys(action for pattern in actions for action in actions_of(pattern))
    resources = dict.fromkeys(text for spot in spots for text in spot.resources)
    prefixes = dict.fromkeys(text for spot in spots for text in spot.prefixes)
    for action in named:
        for resource in resources:
            # Who may assume the role itself is a question of its trust policy.
            if not fits(action, own_form(head, resource)) or (resource == ROLE and service_of(action) == "sts"):
                continue
            lists = action in LISTINGS and resource == BUCKET
            for prefix in (None, "", *prefixes) if lists else (None,):
                yield from (Ask(action, resource, prefix, context) for context in contexts)


def decide(ask: Ask, actor: Actor, side: Side, principal: str, layers: Mapping[bool, Layers]) -> Decision:
    """Return the answer on `side`; `layers` are the actor's there, by whether the call is on the bucket."""
    stranger, account = actor.stranger, side.target.account
    theirs = account if stranger is None or stranger.account is None else stranger.account
    role_arn = side.target.role_arn if actor.holds is Holds.ROLE else None
    if stranger and stranger.role_arn:
        role_arn = own_form(side, stranger.role_arn)
    keys = dict(ask.context.keys)
    if ask.prefix is not None:
        keys["s3:prefix"] = ask.prefix
    request = Request(
        principal=principal,
        action=ask.action,
        resource=own_form(side, ask.resource),
        account=theirs,
        resource_account=account,
        role_arn=role_arn,
        context=keys,
    )
    return evaluate(layers[f"{ask.resource}/".startswith(f"{BUCKET}/")], request)

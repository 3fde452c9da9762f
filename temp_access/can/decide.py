"""Deciding a question: what isn't known is taken once to allow everything, and once to allow nothing."""

from collections.abc import Mapping

from temp_access.can.context import assumed_context, merged
from temp_access.can.explain import explain
from temp_access.can.layers import EVERYTHING, NOTHING, condition_keys, layers_of, unknown
from temp_access.can.model import Answer, Call, Source, Who
from temp_access.config.model import Config
from temp_access.policy.evaluate import evaluate
from temp_access.policy.request import ContextValue, Request


def decide(who: Who, call: Call, given: Mapping[str, ContextValue], source: Source, config: Config) -> Answer:
    """Return the answer; it is undecided if it depends on a policy that isn't known."""
    assumed = assumed_context(who, call, config, source.target)
    context, named = merged(assumed, given), frozenset(key.lower() for key in given)
    request = Request(
        principal=who.principal,
        action=call.action,
        resource=call.resource,
        account=who.account,
        resource_account=_owner(call.resource, source),
        role_arn=who.role_arn,
        context=context,
    )
    best = evaluate(layers_of(who, request, source, otherwise=EVERYTHING), request)
    layers = layers_of(who, request, source, otherwise=NOTHING)
    worst = evaluate(layers, request)
    return Answer(
        who=who,
        call=call,
        request=request,
        decision=worst if worst.allowed is best.allowed else None,
        layers=tuple(explain(who, request, layers, worst, source, config)),
        assumed=frozenset(key.lower() for key in assumed) - named,
        looked_at=condition_keys(layers) | named,
        unknown=tuple(unknown(who, request, source)),
        notes=(*source.notes, *call.notes),
        source=source.words,
    )


def _owner(resource: str, source: Source) -> str:
    account = resource.split(":")[4] if resource.startswith("arn:") else ""
    return account if account.isdecimal() else source.target.account

"""Deciding a question: what isn't known is taken once to allow everything, and once to allow nothing."""

from collections.abc import Mapping

from temp_access.can.context import assumed_context, merge_context
from temp_access.can.explain import explain
from temp_access.can.layers import ANY_ACTION, NO_ACTION, condition_keys, layers_of, unknown_policies
from temp_access.can.model import PolicySource, Principal, Question, WhatIfAnswer
from temp_access.config.model import Config
from temp_access.policy.evaluate import evaluate
from temp_access.policy.request import ContextValue, Request


def decide(
    who: Principal, call: Question, given: Mapping[str, ContextValue], source: PolicySource, config: Config
) -> WhatIfAnswer:
    """Return the answer; it is undecided if it depends on a policy that isn't known."""
    assumed = assumed_context(who, call, config, source.target)
    context, named = merge_context(assumed, given), frozenset(key.lower() for key in given)
    request = Request(
        principal=who.principal,
        action=call.action,
        resource=call.resource,
        account=who.account,
        resource_account=_owner(call.resource, source),
        role_arn=who.role_arn,
        context=context,
    )
    best = evaluate(layers_of(who, request, source, unknown_as=ANY_ACTION), request)
    layers = layers_of(who, request, source, unknown_as=NO_ACTION)
    worst = evaluate(layers, request)
    return WhatIfAnswer(
        who=who,
        call=call,
        request=request,
        decision=worst if worst.allowed is best.allowed else None,
        layers=tuple(explain(who, request, layers, worst, source, config)),
        assumed=frozenset(key.lower() for key in assumed) - named,
        looked_at=condition_keys(layers) | named,
        unknown=tuple(unknown_policies(who, request, source)),
        notes=(*source.notes, *call.notes),
        source=source.words,
    )


def _owner(resource: str, source: PolicySource) -> str:
    account = resource.split(":")[4] if resource.startswith("arn:") else ""
    return account if account.isdecimal() else source.target.account

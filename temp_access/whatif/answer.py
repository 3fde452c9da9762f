"""Decide twice, explain by layer."""

from collections.abc import Callable, Iterator, Mapping

from temp_access.config.model import Config
from temp_access.config.table import key_path
from temp_access.deployment.effective_policies import ANY_ACTION, NO_ACTION, condition_keys, layers_of, unknown_policies
from temp_access.iam.decision import Decision, Layer, Reason
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.explanation import layer_breakdown, near_misses
from temp_access.iam.request import ContextValue, Request
from temp_access.whatif.model import (
    LayerAnswer,
    LocatedStatement,
    PolicyOwner,
    PolicySource,
    Principal,
    Question,
    WhatIfAnswer,
)
from temp_access.whatif.question import assumed_context, merge_context


def explain(
    who: Principal, request: Request, layers: PolicySet, decision: Decision, source: PolicySource, config: Config
) -> Iterator[LayerAnswer]:
    """Yield what each layer that takes part says."""
    place = _places(who, source, config)

    def named(reasons: tuple[Reason, ...]) -> tuple[LocatedStatement, ...]:
        return tuple(LocatedStatement(reason, place(reason.layer, reason.policy)) for reason in reasons)

    for view in layer_breakdown(layers, request, decision):
        misses = () if view.allows else _policies(layers, view.layer)
        yield LayerAnswer(
            layer=view.layer,
            allows=named(view.allows),
            denies=named(view.denies),
            missing=view.missing,
            known=view.layer is not Layer.IDENTITY or who.owner is not PolicyOwner.OTHER,
            misses=tuple((miss, place(view.layer, p.name)) for p in misses for miss in near_misses(p, request)),
        )


def _places(who: Principal, source: PolicySource, config: Config) -> Callable[[Layer, str], str]:
    def place(layer: Layer, name: str) -> str:
        if layer is Layer.SESSION and who.grant:
            table = key_path("grants", who.grant.id) if who.grant.id in config.grants else "any_id"
            return f"[{table}] in {config.path.name}"
        return source.place(who.owner.value, layer, name)

    return place


def _policies(layers: PolicySet, layer: Layer) -> tuple[Policy, ...]:
    if layer is Layer.IDENTITY:
        return layers.identity
    if layer is Layer.SESSION:
        return layers.session or ()
    one = layers.boundary if layer is Layer.BOUNDARY else layers.resource
    return (one,) if one else ()


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

"""A decision's reasons, layer by layer, with the place of each policy."""

from collections.abc import Callable, Iterator

from temp_access.can.model import LayerAnswer, LocatedStatement, PolicyOwner, PolicySource, Principal
from temp_access.config.model import Config
from temp_access.config.table import key_path
from temp_access.policy.decision import Decision, Layer, Reason
from temp_access.policy.document import Policy
from temp_access.policy.evaluate import PolicySet
from temp_access.policy.near_misses import near_misses
from temp_access.policy.request import Request
from temp_access.policy.views import layer_breakdown


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

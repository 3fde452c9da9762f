"""The statement that made the difference for one request."""

from collections.abc import Mapping
from typing import Any

from temp_access.policy.decision import Decision, DecisionType, Layer, Reason
from temp_access.policy.document import Policy
from temp_access.review.actors import ComparedPrincipal, PolicyOwner
from temp_access.review.grant_places import changed_places
from temp_access.review.model import Cause
from temp_access.review.place import SourceLocation
from temp_access.review.places import locate_policy, locate_reason
from temp_access.review.side import Snapshot
from temp_access.review.tokens import normalize
from temp_access.review.words import humanize
from temp_access.verify.state.document_differences import describe
from temp_access.verify.state.statements import statements


def cause(actor: ComparedPrincipal, sides: tuple[Snapshot, Snapshot], answers: tuple[Decision, Decision]) -> Cause:
    """Return what makes a request allowed on one side and refused on the other; `sides` are base and head.

    A Deny that is on one side only, else the Allow of the layer that allows on one side only.
    """
    refused = next(index for index, answer in enumerate(answers) if not answer.allowed)
    granted = 1 - refused
    if answers[refused].kind is DecisionType.EXPLICIT_DENY:
        word = "no longer there" if refused == 0 else "now there"
        return _cause(actor, sides, refused, answers[refused].reasons[0], word)
    missing = answers[refused].missing
    if Layer.BOUNDARY in missing and (limit := _only_limit(actor, sides, granted)):
        return _boundary_cause(actor, sides[refused], limit, "no longer there" if granted == 1 else "now there")
    reasons = sorted(answers[granted].reasons, key=lambda reason: _rank(reason, missing))
    return _cause(actor, sides, granted, reasons[0], "now there" if granted == 1 else "no longer there")


def _only_limit(actor: ComparedPrincipal, sides: tuple[Snapshot, Snapshot], granted: int) -> str | None:
    """Return the boundary's name if it is on the refusing side alone."""
    with_it, without = (actor.layers(sides[index], on_bucket=False).boundary for index in (1 - granted, granted))
    return with_it.name if with_it and not without else None


def _boundary_cause(actor: ComparedPrincipal, side: Snapshot, name: str, word: str) -> Cause:
    holder = "User" if actor.holds is PolicyOwner.USER else "Role"
    short = name.rpartition(":policy/")[2]
    return Cause(f"{word}: the permissions boundary {short}", (locate_policy(side, holder, name),))


def _rank(reason: Reason, missing: tuple[Layer, ...]) -> tuple[bool, bool]:
    # Where several layers changed, the one nearest to the caller.
    return (reason.layer not in missing, reason.layer is not Layer.SESSION)


def statement_words(side: Snapshot, body: Mapping[str, Any]) -> str:
    """Return a statement in one line, the project's own names as words."""
    values = {
        element: {key: _named(side, text) for key, text in texts.items()}
        for element, texts in statements({"Statement": [body]})[0].items()
    }
    return describe(values)


def _named(side: Snapshot, text: str) -> str:
    return "this account" if text == side.target.account else humanize(normalize(side, text))


def _cause(actor: ComparedPrincipal, sides: tuple[Snapshot, Snapshot], which: int, reason: Reason, word: str) -> Cause:
    side = sides[which]
    body = next(policy for policy in _policies(actor, side, reason.layer) if policy.name == reason.policy).bodies
    text = f"{word} in the {_name(side, reason)}: {statement_words(side, body[reason.index])}"
    return Cause(text, _places(actor, sides, which, reason))


def _name(side: Snapshot, reason: Reason) -> str:
    if reason.layer in (Layer.RESOURCE, Layer.SESSION, Layer.TRUST):
        return reason.policy
    return f"{reason.layer.value} {humanize(normalize(side, reason.policy.rpartition(':policy/')[2]))}"


def _places(
    actor: ComparedPrincipal, sides: tuple[Snapshot, Snapshot], which: int, reason: Reason
) -> tuple[SourceLocation, ...]:
    if reason.layer is Layer.SESSION and actor.grants:
        return changed_places(*sides, actor.grants[1].id, actor.grants)
    return (locate_reason(sides[which], actor, reason),)


def _policies(actor: ComparedPrincipal, side: Snapshot, layer: Layer) -> list[Policy]:
    layers = actor.layers(side, on_bucket=True)
    found = {
        Layer.IDENTITY: layers.identity,
        Layer.BOUNDARY: (layers.boundary,),
        Layer.SESSION: layers.session or (),
        Layer.RESOURCE: (layers.resource,),
    }
    return [policy for policy in found.get(layer, ()) if policy]

"""The statement that made the difference."""

from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.cfn.source_location import SourceLocation
from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.iam.decision import Decision, DecisionType, Layer, Reason
from temp_access.iam.diff import describe, same_meaning, statements
from temp_access.iam.document import Policy
from temp_access.policies.trust_policy import trust_policy
from temp_access.review.changes.wording import humanize
from temp_access.review.compare.principals import ComparedPrincipal, ExternalPrincipal
from temp_access.review.locations import changed_places, locate_key, locate_policy, locate_reason, locate_type
from temp_access.review.model import Cause
from temp_access.review.snapshot import USER, Snapshot, normalize


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
    holder = "User" if actor.owner is PolicyOwner.USER else "Role"
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


_ROLE = "AWS::IAM::Role"
_KEYS = {
    "aws:multifactorauthpresent": "role.conditions.mfa",
    "aws:sourceip": "role.conditions.source_ip",
    "sts:sourceidentity": "role.conditions.source_identity",
    "sts:rolesessionname": "role.conditions.session_name",
}


def trust_cause(who: ExternalPrincipal, sides: tuple[Snapshot, Snapshot], before: Decision, after: Decision) -> Cause:
    """Return the cause of one call's being decided otherwise; `sides` are base and head."""
    granted = int(after.allowed)
    allowed, refused = (after, before) if after.allowed else (before, after)
    side, word = sides[granted], "now there" if granted else "no longer there"
    if refused.kind is DecisionType.EXPLICIT_DENY:
        side, word = sides[1 - granted], "no longer there" if granted else "now there"
        reason = refused.reasons[0]
    else:
        reason = next((each for each in allowed.reasons if each.layer in refused.missing), allowed.reasons[0])
    if reason.layer is not Layer.TRUST:
        return _of_identity(side, reason, word)
    body = side.policies.trust_policy(side.state.role).bodies[reason.index]
    if changed := _conditions_changed(who, sides, side, body):
        return changed
    place = _line(who, side, body, "principal") or locate_type(side, _ROLE)
    return Cause(f"{word} in the trust policy: {statement_words(side, body)}", (place,))


def _conditions_changed(
    who: ExternalPrincipal, sides: tuple[Snapshot, Snapshot], side: Snapshot, body: Mapping[str, Any]
) -> Cause | None:
    """Return the cause if the other side has the same statement but for its conditions."""
    other = sides[side is sides[0]]
    alike = [
        each
        for each in other.policies.trust_policy(other.state.role).bodies
        if _without_condition(each) == _without_condition(body)
    ]
    if len(alike) != 1:
        return None
    both = {id(side): body, id(other): alike[0]}
    old, new = (_asked(both[id(each)]) for each in sides)
    added, gone = ([text for text in mine if text not in theirs] for mine, theirs in ((new, old), (old, new)))
    if not added and not gone:
        return None
    parts = [f"now also asks {text}" for text in added] + [f"no longer asks {text}" for text in gone]
    found = [
        place
        for each, texts in ((sides[1], added), (sides[0], gone))
        for text in texts
        if (place := _condition_line(who, each, both[id(each)], text.split(" ")[1]))
    ]
    what = statement_words(side, {name: value for name, value in body.items() if name != "Condition"})
    return Cause(f"in the trust policy, {what}: {'; '.join(parts)}", tuple(found) or (locate_type(sides[1], _ROLE),))


def _without_condition(body: Mapping[str, Any]) -> list[tuple[str, frozenset[str]]]:
    [statement] = statements({"Statement": [body]})
    return sorted((name, frozenset(values)) for name, values in statement.items() if name != "Condition")


def _asked(body: Mapping[str, Any]) -> list[str]:
    return list(statements({"Statement": [body]})[0].get("Condition", {}).values())


def _condition_line(who: ExternalPrincipal, side: Snapshot, body: Mapping[str, Any], key: str) -> SourceLocation | None:
    if key.lower() == "sts:externalid":
        return _line(who, side, body, "external_id")
    path = _KEYS.get(key.lower())
    return locate_key(side, path) if path and _is_written(side, body) else None


def _line(who: ExternalPrincipal, side: Snapshot, body: Mapping[str, Any], key: str) -> SourceLocation | None:
    if who.arn == USER or not _is_written(side, body):
        return None
    target = side.target
    for index, trusted in enumerate(side.config.role.trusted):
        arn = f"arn:{target.partition}:iam::{trusted.account or target.account}:{trusted.resource}"
        if body.get("Principal") == {"AWS": arn}:
            return locate_key(side, f"role.trusted[{index}].{key}")
    return None


def _is_written(side: Snapshot, body: Mapping[str, Any]) -> bool:
    """Whether access.toml asks for this very statement: one that the app changed isn't written there."""
    target = side.target
    document = trust_policy(
        side.config.role, user_arn=target.user_arn, account=target.account, partition=target.partition
    )
    [wanted] = statements({"Statement": [body]})
    return any(same_meaning(each, wanted) for each in statements(document))


def _of_identity(side: Snapshot, reason: Reason, word: str) -> Cause:
    for policy in _of_user(side):
        if policy.name == reason.policy:
            words = statement_words(side, policy.bodies[reason.index])
            return Cause(f"{word} in the user's policy: {words}", (locate_policy(side, "User", reason.policy),))
    return Cause(f"{word}: {reason}", (locate_type(side, "AWS::IAM::User"),))


def _of_user(side: Snapshot) -> Iterator[Policy]:
    policies = side.policies_of(PolicyOwner.USER)
    yield from policies.identity
    if policies.boundary:
        yield policies.boundary

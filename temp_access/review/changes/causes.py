"""The cause of a change: the statement, condition or boundary that makes the difference."""

from collections.abc import Iterable, Mapping
from typing import Any

from temp_access.cfn.source_location import SourceLocation
from temp_access.iam.decision import Decision, DecisionType, Layer, Reason
from temp_access.iam.diff import describe, different_elements, same_meaning, statements
from temp_access.iam.document import Policy
from temp_access.review.changes.role_lines import holder_lines, role_lines
from temp_access.review.changes.wording import humanize
from temp_access.review.compare.principals import ComparedPrincipal
from temp_access.review.holders import ROLE_HOLDER
from temp_access.review.locations import changed_locations, locate_policy, locate_reason
from temp_access.review.model import Cause
from temp_access.review.snapshot import Snapshot, Snapshots

# What happened to a policy or statement that only base has, and to one that only head has.
VERBS, EDITS = ("removed", "added"), ("removed from", "added to")
_ELEMENT_WORDS = {"Action": "", "Resource": "on", "Principal": "for", "Condition": "if"}


def describe_statement(snapshot: Snapshot, body: Mapping[str, Any]) -> str:
    """Return a statement in one line, with words for the project's own names."""
    values = {
        element: {key: display_name(snapshot, value) for key, value in element_values.items()}
        for element, element_values in statements({"Statement": [body]})[0].items()
    }
    return describe(values)


def display_name(snapshot: Snapshot, value: str) -> str:
    """Return a value of a statement with words for the project's own names."""
    return "this account" if value == snapshot.target.account else humanize(snapshot.names.normalize(value))


def access_cause(principal: ComparedPrincipal, snapshots: Snapshots, decisions: tuple[Decision, Decision]) -> Cause:
    """Return what makes a request allowed in one snapshot and denied in the other; `snapshots` are base and head.

    The cause is a Deny that applies in one snapshot only, else the Allow of the layer that allows in one only.
    """
    denied = next(index for index, decision in enumerate(decisions) if not decision.allowed)
    allowed = 1 - denied
    if decisions[denied].kind is DecisionType.EXPLICIT_DENY:
        return _statement_cause(principal, snapshots, denied, decisions[denied].reasons[0])
    missing = decisions[denied].missing
    if Layer.BOUNDARY in missing and (boundary := _one_sided_boundary(principal, snapshots, denied)):
        return _boundary_cause(principal, snapshots, denied, boundary)
    reasons = sorted(decisions[allowed].reasons, key=lambda reason: _rank(reason, missing))
    return _statement_cause(principal, snapshots, allowed, reasons[0])


def _one_sided_boundary(principal: ComparedPrincipal, snapshots: Snapshots, denied: int) -> str | None:
    """Return the boundary's name if only the snapshot that denies the request has one."""
    boundary, other = (
        principal.policy_set(snapshots[index], on_bucket=False).boundary for index in (denied, 1 - denied)
    )
    return boundary.name if boundary and not other else None


def _boundary_cause(principal: ComparedPrincipal, snapshots: Snapshots, index: int, name: str) -> Cause:
    description = f"{VERBS[index]}: the permissions boundary {name.rpartition(':policy/')[2]}"
    return Cause(description, (locate_policy(snapshots[index], principal.holder(snapshots[index]), name),))


def _rank(reason: Reason, missing: tuple[Layer, ...]) -> tuple[bool, bool]:
    # Where several layers changed, the one nearest to the caller.
    return (reason.layer not in missing, reason.layer is not Layer.SESSION)


def _statement_cause(principal: ComparedPrincipal, snapshots: Snapshots, index: int, reason: Reason) -> Cause:
    snapshot = snapshots[index]
    here, there = (_policies(principal, each, reason.layer) for each in (snapshot, snapshots[1 - index]))
    body = next(each for each in here if each.name == reason.policy).bodies[reason.index]
    name = _policy_name(snapshot, reason)
    edit = edited_deny(snapshot, index, body, here, there)
    description = (
        f"in the {name}, {edit}" if edit else f"{EDITS[index]} the {name}: {describe_statement(snapshot, body)}"
    )
    # An edited statement is still there in head.
    return Cause(description, _locations(principal, snapshots, 1 if edit else index, reason, body))


def edited_deny(
    snapshot: Snapshot, index: int, body: Mapping[str, Any], here: Iterable[Policy], there: Iterable[Policy]
) -> str:
    """Return what a Deny with one changed element stopped or started to deny, "" if `body` isn't such a Deny.

    `here` are the policies of the layer in the snapshot `index`, which has `body`, and `there` those in the other one.
    """
    if body.get("Effect") != "Deny":
        return ""
    [own] = statements({"Statement": [body]})
    kept = [statement for policy in here for statement in statements({"Statement": [*policy.bodies]})]
    others = [statement for policy in there for statement in statements({"Statement": [*policy.bodies]})]
    edited = [
        (statement, different[0])
        for statement in others
        if len(different := different_elements(own, statement)) == 1
        and not any(same_meaning(statement, each) for each in kept)
    ]
    if len(edited) != 1:
        return ""
    other, element = edited[0]
    word = _ELEMENT_WORDS.get(element, element)
    mine, theirs = own.get(element, {}), other.get(element, {})
    only_here = ", ".join(display_name(snapshot, value) for key, value in mine.items() if key not in theirs)
    only_there = ", ".join(display_name(snapshot, value) for key, value in theirs.items() if key not in mine)
    stopped, started = (only_here, only_there) if index == 0 else (only_there, only_here)
    edits = [f"no longer {word} {stopped}".replace("  ", " ")] if stopped else []
    edits += [f"now {word} {started}".replace("  ", " ")] if started else []
    bare = {name: value for name, value in body.items() if name != element}
    return f"{describe_statement(snapshot, bare)}: {', '.join(edits)}"


def _policy_name(snapshot: Snapshot, reason: Reason) -> str:
    if reason.layer in (Layer.RESOURCE, Layer.SESSION, Layer.TRUST):
        return reason.policy
    return f"{reason.layer.value} {humanize(snapshot.names.normalize(reason.policy.rpartition(':policy/')[2]))}"


def _locations(
    principal: ComparedPrincipal, snapshots: Snapshots, index: int, reason: Reason, body: Mapping[str, Any]
) -> tuple[SourceLocation, ...]:
    holder = principal.holder(snapshots[index])
    if reason.layer is Layer.IDENTITY and holder == ROLE_HOLDER and (lines := role_lines(snapshots, index, body)):
        return lines
    if reason.layer is Layer.IDENTITY and holder.is_further and (lines := holder_lines(holder, snapshots, index, body)):
        return lines
    if reason.layer is Layer.SESSION and principal.grants:
        return changed_locations(*snapshots, principal.grants[1].id, principal.grants)
    return (locate_reason(snapshots[index], principal, reason),)


def _policies(principal: ComparedPrincipal, snapshot: Snapshot, layer: Layer) -> list[Policy]:
    policy_set = principal.policy_set(snapshot, on_bucket=True)
    by_layer = {
        Layer.IDENTITY: policy_set.identity,
        Layer.BOUNDARY: (policy_set.boundary,),
        Layer.SESSION: policy_set.session or (),
        Layer.RESOURCE: (policy_set.resource,),
    }
    return [policy for policy in by_layer.get(layer, ()) if policy]

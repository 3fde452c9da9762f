"""The cause of a change: the statement, condition or boundary that makes the difference."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from temp_access.cfn.source_location import SourceLocation
from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.iam.arn import iam_arn
from temp_access.iam.decision import Decision, DecisionType, Layer, Reason
from temp_access.iam.diff import describe, different_elements, same_meaning, statements
from temp_access.iam.document import Policy
from temp_access.policies.trust_policy import trust_policy
from temp_access.review.changes.role_lines import role_lines
from temp_access.review.changes.wording import humanize
from temp_access.review.compare.principals import ComparedPrincipal, ExternalPrincipal
from temp_access.review.locations import changed_locations, locate_key, locate_policy, locate_reason, locate_type
from temp_access.review.model import Cause
from temp_access.review.snapshot import USER, Snapshot, Snapshots

_ROLE = "AWS::IAM::Role"
# What happened to a policy or statement that only base has, and to one that only head has.
_VERBS, _EDITS = ("removed", "added"), ("removed from", "added to")
_ELEMENT_WORDS = {"Action": "", "Resource": "on", "Principal": "for", "Condition": "if"}
_CONFIG_PATHS = {
    "aws:multifactorauthpresent": "role.conditions.mfa",
    "aws:sourceip": "role.conditions.source_ip",
    "sts:sourceidentity": "role.conditions.source_identity",
    "sts:rolesessionname": "role.conditions.session_name",
}


def describe_statement(snapshot: Snapshot, body: Mapping[str, Any]) -> str:
    """Return a statement in one line, with words for the project's own names."""
    values = {
        element: {key: _display_name(snapshot, value) for key, value in element_values.items()}
        for element, element_values in statements({"Statement": [body]})[0].items()
    }
    return describe(values)


def _display_name(snapshot: Snapshot, value: str) -> str:
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
    owner = "User" if principal.owner is PolicyOwner.USER else "Role"
    description = f"{_VERBS[index]}: the permissions boundary {name.rpartition(':policy/')[2]}"
    return Cause(description, (locate_policy(snapshots[index], owner, name),))


def _rank(reason: Reason, missing: tuple[Layer, ...]) -> tuple[bool, bool]:
    # Where several layers changed, the one nearest to the caller.
    return (reason.layer not in missing, reason.layer is not Layer.SESSION)


def _statement_cause(principal: ComparedPrincipal, snapshots: Snapshots, index: int, reason: Reason) -> Cause:
    snapshot = snapshots[index]
    here, there = (_policies(principal, each, reason.layer) for each in (snapshot, snapshots[1 - index]))
    body = next(each for each in here if each.name == reason.policy).bodies[reason.index]
    name = _policy_name(snapshot, reason)
    edit = _edited_deny(snapshot, index, body, here, there)
    description = (
        f"in the {name}, {edit}" if edit else f"{_EDITS[index]} the {name}: {describe_statement(snapshot, body)}"
    )
    # An edited statement is still there in head.
    return Cause(description, _locations(principal, snapshots, 1 if edit else index, reason, body))


def _edited_deny(
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
    only_here = ", ".join(_display_name(snapshot, value) for key, value in mine.items() if key not in theirs)
    only_there = ", ".join(_display_name(snapshot, value) for key, value in theirs.items() if key not in mine)
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
    on_role = reason.layer is Layer.IDENTITY and principal.owner is PolicyOwner.ROLE
    if on_role and (lines := role_lines(snapshots, index, body)):
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


def trust_cause(caller: ExternalPrincipal, snapshots: Snapshots, before: Decision, after: Decision) -> Cause:
    """Return the cause of different decisions about one call for the role; `snapshots` are base and head."""
    allowed, denied = (after, before) if after.allowed else (before, after)
    index = int(after.allowed)
    if denied.kind is DecisionType.EXPLICIT_DENY:
        index, reason = 1 - index, denied.reasons[0]
    else:
        reason = next((each for each in allowed.reasons if each.layer in denied.missing), allowed.reasons[0])
    if reason.layer is not Layer.TRUST:
        return _identity_cause(snapshots, reason, index)
    snapshot = snapshots[index]
    body = snapshot.policies.trust_policy(snapshot.state.role).bodies[reason.index]
    if cause := _condition_cause(caller, snapshots, index, body):
        return cause
    location = _trusted_line(caller, snapshot, body, "principal") or locate_type(snapshot, _ROLE)
    trust_policies = ([each.policies.trust_policy(each.state.role)] for each in (snapshot, snapshots[1 - index]))
    if edit := _edited_deny(snapshot, index, body, *trust_policies):
        return Cause(f"in the trust policy, {edit}", (location,))
    return Cause(f"{_EDITS[index]} the trust policy: {describe_statement(snapshot, body)}", (location,))


def _condition_cause(
    caller: ExternalPrincipal, snapshots: Snapshots, index: int, body: Mapping[str, Any]
) -> Cause | None:
    """Return the cause if the other snapshot has the same statement with other conditions."""
    snapshot = snapshots[1 - index]
    bodies = snapshot.policies.trust_policy(snapshot.state.role).bodies
    others = [other for other in bodies if _without_condition(other) == _without_condition(body)]
    if len(others) != 1:
        return None
    before, after = (body, others[0]) if index == 0 else (others[0], body)
    old, new = _condition_entries(before), _condition_entries(after)
    added, removed = [entry for entry in new if entry not in old], [entry for entry in old if entry not in new]
    if not added and not removed:
        return None
    lines = [
        *(_condition_line(caller, snapshots[1], after, entry.split(" ")[1]) for entry in added),
        *(_condition_line(caller, snapshots[0], before, entry.split(" ")[1]) for entry in removed),
    ]
    locations = tuple(line for line in lines if line) or (locate_type(snapshots[1], _ROLE),)
    edits = [f"added the condition {entry}" for entry in added] + [
        f"removed the condition {entry}" for entry in removed
    ]
    bare = {name: value for name, value in body.items() if name != "Condition"}
    statement = describe_statement(snapshots[index], bare)
    return Cause(f"in the trust policy, {statement}: {'; '.join(edits)}", locations)


def _without_condition(body: Mapping[str, Any]) -> list[tuple[str, frozenset[str]]]:
    [statement] = statements({"Statement": [body]})
    return sorted((name, frozenset(values)) for name, values in statement.items() if name != "Condition")


def _condition_entries(body: Mapping[str, Any]) -> list[str]:
    return list(statements({"Statement": [body]})[0].get("Condition", {}).values())


def _condition_line(
    caller: ExternalPrincipal, snapshot: Snapshot, body: Mapping[str, Any], key: str
) -> SourceLocation | None:
    if key.lower() == "sts:externalid":
        return _trusted_line(caller, snapshot, body, "external_id")
    path = _CONFIG_PATHS.get(key.lower())
    return locate_key(snapshot, path) if path and _is_from_config(snapshot, body) else None


def _trusted_line(
    caller: ExternalPrincipal, snapshot: Snapshot, body: Mapping[str, Any], key: str
) -> SourceLocation | None:
    if caller.arn == USER or not _is_from_config(snapshot, body):
        return None
    target = snapshot.target
    for index, trusted in enumerate(snapshot.config.role.trusted):
        arn = iam_arn(target.partition, trusted.account or target.account, trusted.resource)
        if body.get("Principal") == {"AWS": arn}:
            return locate_key(snapshot, f"role.trusted[{index}].{key}")
    return None


def _is_from_config(snapshot: Snapshot, body: Mapping[str, Any]) -> bool:
    """Whether access.toml produces exactly this statement, which app.py then hasn't changed."""
    target = snapshot.target
    document = trust_policy(
        snapshot.config.role, user_arn=target.user_arn, account=target.account, partition=target.partition
    )
    [statement] = statements({"Statement": [body]})
    return any(same_meaning(expected, statement) for expected in statements(document))


def _identity_cause(snapshots: Snapshots, reason: Reason, index: int) -> Cause:
    snapshot = snapshots[index]
    here, there = list(_user_policies(snapshot)), list(_user_policies(snapshots[1 - index]))
    for policy in here:
        if policy.name == reason.policy:
            body = policy.bodies[reason.index]
            statement = describe_statement(snapshot, body)
            location = locate_policy(snapshot, "User", reason.policy)
            if edit := _edited_deny(snapshot, index, body, here, there):
                return Cause(f"in the user's policy, {edit}", (location,))
            return Cause(f"{_EDITS[index]} the user's policy: {statement}", (location,))
    return Cause(f"{_VERBS[index]}: {reason}", (locate_type(snapshot, "AWS::IAM::User"),))


def _user_policies(snapshot: Snapshot) -> Iterator[Policy]:
    policies = snapshot.policies_of(PolicyOwner.USER)
    yield from policies.identity
    if policies.boundary:
        yield policies.boundary

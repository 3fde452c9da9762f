"""The cause of a change of who can assume a role."""

from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.cfn.source_location import SourceLocation
from temp_access.config.table import key_path
from temp_access.iam.arn import iam_arn
from temp_access.iam.decision import Decision, DecisionType, Layer, Reason
from temp_access.iam.diff import same_meaning, statements
from temp_access.iam.document import Policy
from temp_access.policies.borrower_trust import borrower_statement
from temp_access.review.changes.causes import EDITS, VERBS, describe_statement, edited_deny
from temp_access.review.compare.borrower_callers import borrower_index, is_expected
from temp_access.review.compare.principals import ExternalPrincipal
from temp_access.review.holders import ROLE_HOLDER, USER_HOLDER, Holder
from temp_access.review.locations import locate_holder, locate_key, locate_policy
from temp_access.review.model import Cause
from temp_access.review.names import USER
from temp_access.review.snapshot import Snapshot, Snapshots

_CONFIG_PATHS = {
    "aws:multifactorauthpresent": "role.conditions.mfa",
    "aws:sourceip": "role.conditions.source_ip",
    "sts:sourceidentity": "role.conditions.source_identity",
    "sts:rolesessionname": "role.conditions.session_name",
}


def trust_cause(
    caller: ExternalPrincipal, role: Holder, snapshots: Snapshots, decisions: tuple[Decision, Decision]
) -> Cause:
    """Return the cause of different decisions about one call for the role; `snapshots` are base and head."""
    before, after = decisions
    allowed, denied = (after, before) if after.allowed else (before, after)
    index = int(after.allowed)
    if denied.kind is DecisionType.EXPLICIT_DENY:
        index, reason = 1 - index, denied.reasons[0]
    else:
        reason = next((each for each in allowed.reasons if each.layer in denied.missing), allowed.reasons[0])
    if reason.layer is not Layer.TRUST:
        return _identity_cause(caller, snapshots, reason, index)
    snapshot = snapshots[index]
    body = _bodies(snapshot, role)[reason.index]
    if cause := _borrower_cause(caller, role, snapshots, index, body):
        return cause
    if cause := _condition_cause(caller, role, snapshots, index, body):
        return cause
    location = _principal_line(caller, role, snapshot, body) or locate_holder(snapshot, role)
    trust_policies = ([each.trust_policy(role)] for each in (snapshot, snapshots[1 - index]))
    if edit := edited_deny(snapshot, index, body, *trust_policies):
        return Cause(f"in the trust policy, {edit}", (location,))
    return Cause(f"{EDITS[index]} the trust policy: {describe_statement(snapshot, body)}", (location,))


def _bodies(snapshot: Snapshot, role: Holder) -> tuple[Mapping[str, Any], ...]:
    return tuple(snapshot.trust_policy(role).bodies)


def _borrower_cause(
    caller: ExternalPrincipal, role: Holder, snapshots: Snapshots, index: int, body: Mapping[str, Any]
) -> Cause | None:
    """Return the cause if the caller is a borrower in one access.toml only, which produces this statement."""
    snapshot, other = snapshots[index], snapshots[1 - index]
    if role.grant is None or not is_expected(snapshot, role, body):
        return None
    place = borrower_index(caller, snapshot, role.grant)
    if place is None or borrower_index(caller, other, role.grant) is not None:
        return None
    lines = list(_provider_lines(snapshot, other, role.grant, place))
    path = f"{key_path('grants', role.grant)}.borrowers"
    line = locate_key(snapshot, f"{path}[{place}]") or locate_key(snapshot, path)
    locations = tuple(lines or [line or locate_holder(snapshot, role)])
    return Cause(f"{EDITS[index]} the trust policy: {describe_statement(snapshot, body)}", locations)


def _provider_lines(snapshot: Snapshot, other: Snapshot, id_: str, place: int) -> Iterator[SourceLocation]:
    """Yield the lines of the identity provider that differ, if the other access.toml has the same text."""
    borrower = snapshot.config.grants[id_].borrowers[place]
    providers = [each.config.identity_providers.get(borrower.name) for each in (snapshot, other)]
    theirs = other.config.grants[id_].borrowers if id_ in other.config.grants else ()
    if None in providers or borrower not in theirs:
        return
    for key in ("issuer", "audience"):
        path = f"{key_path('identity_providers', borrower.name)}.{key}"
        line = locate_key(snapshot, path) or locate_key(other, path)
        if line and getattr(providers[0], key) != getattr(providers[1], key):
            yield line


def _condition_cause(
    caller: ExternalPrincipal, role: Holder, snapshots: Snapshots, index: int, body: Mapping[str, Any]
) -> Cause | None:
    """Return the cause if the other snapshot has the same statement with other conditions."""
    bodies = _bodies(snapshots[1 - index], role)
    others = [other for other in bodies if _without_condition(other) == _without_condition(body)]
    if len(others) != 1:
        return None
    before, after = (body, others[0]) if index == 0 else (others[0], body)
    old, new = _condition_entries(before), _condition_entries(after)
    added, removed = [entry for entry in new if entry not in old], [entry for entry in old if entry not in new]
    if not added and not removed:
        return None
    lines = [
        *(_condition_line(caller, role, snapshots[1], after, entry.split(" ")[1]) for entry in added),
        *(_condition_line(caller, role, snapshots[0], before, entry.split(" ")[1]) for entry in removed),
    ]
    locations = tuple(dict.fromkeys(line for line in lines if line)) or (locate_holder(snapshots[1], role),)
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
    caller: ExternalPrincipal, role: Holder, snapshot: Snapshot, body: Mapping[str, Any], key: str
) -> SourceLocation | None:
    if not is_expected(snapshot, role, body):
        return None
    if key.lower() in _CONFIG_PATHS:
        return locate_key(snapshot, _CONFIG_PATHS[key.lower()])
    if role == ROLE_HOLDER:
        return _trusted_line(caller, snapshot, body, "external_id") if key.lower() == "sts:externalid" else None
    path = _borrower_path(role, snapshot, body)
    return (locate_key(snapshot, f"{path}.external_id") or locate_key(snapshot, path)) if path else None


def _principal_line(
    caller: ExternalPrincipal, role: Holder, snapshot: Snapshot, body: Mapping[str, Any]
) -> SourceLocation | None:
    if role == ROLE_HOLDER:
        return _trusted_line(caller, snapshot, body, "principal")
    path = _borrower_path(role, snapshot, body)
    return locate_key(snapshot, path) if path else None


def _borrower_path(role: Holder, snapshot: Snapshot, body: Mapping[str, Any]) -> str | None:
    """Return the path of the borrower in access.toml that produces this statement."""
    if role.grant is None or not snapshot.has_own_role(role.grant):
        return None
    target, config = snapshot.target, snapshot.config
    [statement] = statements({"Statement": [body]})
    for index, borrower in enumerate(config.grants[role.grant].borrowers):
        expected = borrower_statement(borrower, config, account=target.account, partition=target.partition)
        if same_meaning(statements({"Statement": [expected]})[0], statement):
            return f"{key_path('grants', role.grant)}.borrowers[{index}]"
    return None


def _trusted_line(
    caller: ExternalPrincipal, snapshot: Snapshot, body: Mapping[str, Any], key: str
) -> SourceLocation | None:
    if caller.arn == USER or not is_expected(snapshot, ROLE_HOLDER, body):
        return None
    target = snapshot.target
    for index, trusted in enumerate(snapshot.config.role.trusted):
        arn = iam_arn(target.partition, trusted.account or target.account, trusted.resource)
        if body.get("Principal") == {"AWS": arn}:
            return locate_key(snapshot, f"role.trusted[{index}].{key}")
    return None


def _identity_cause(caller: ExternalPrincipal, snapshots: Snapshots, reason: Reason, index: int) -> Cause:
    snapshot = snapshots[index]
    holder = snapshot.user_holder(snapshot.names.localize(caller.arn)) or USER_HOLDER
    here, there = list(_user_policies(snapshot, holder)), list(_user_policies(snapshots[1 - index], holder))
    for policy in here:
        if policy.name == reason.policy:
            body = policy.bodies[reason.index]
            statement = describe_statement(snapshot, body)
            location = locate_policy(snapshot, holder, reason.policy)
            if edit := edited_deny(snapshot, index, body, here, there):
                return Cause(f"in the user's policy, {edit}", (location,))
            return Cause(f"{EDITS[index]} the user's policy: {statement}", (location,))
    return Cause(f"{VERBS[index]}: {reason}", (locate_holder(snapshot, holder),))


def _user_policies(snapshot: Snapshot, holder: Holder) -> Iterator[Policy]:
    policies = snapshot.policies_of(holder)
    yield from policies.identity
    if policies.boundary:
        yield policies.boundary

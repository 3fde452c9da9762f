"""Reading `[role]`: its name, its maximum session duration, its trusted principals and their conditions."""

from temp_access.config.model import Conditions, Role, TrustedPrincipal
from temp_access.config.table import TableReader, format_duration, parse_duration
from temp_access.config.validation import (
    external_id_problem,
    iam_name_problem,
    iam_path_problem,
    network_problem,
    parse_principal,
    policy_arn_problem,
    session_pattern_problem,
)
from temp_access.iam.sts_limits import MAX_ROLE_MAXIMUM, MIN_ROLE_MAXIMUM

_PRINCIPALS = "user/NAME or role/NAME in this account, the ARN of an IAM user or role, or a 12-digit account ID"


def read_role(table: TableReader, account: str | None) -> Role:
    """Return the role of `[role]`; `account` is the stack's own, None if it isn't known."""
    table.allow_only("name", "path", "permissions_boundary", "max_session_duration", "trusted", "conditions")
    name = table.string("name") or "temp-role"
    if problem := iam_name_problem(name, 64):
        table.add_finding("name", problem)
    path = table.string("path") or "/"
    if problem := iam_path_problem(path):
        table.add_finding("path", problem)
    boundary = table.string("permissions_boundary")
    if boundary and (problem := policy_arn_problem(boundary)):
        table.add_finding("permissions_boundary", problem)
    return Role(
        name=name,
        max_session_duration=_maximum(table),
        trusted=tuple(trusted for entry in table.subtables("trusted") if (trusted := _trusted(entry, account))),
        conditions=_conditions(table.table("conditions")),
        path=path,
        permissions_boundary=boundary,
    )


def _maximum(table: TableReader) -> int:
    duration = table.string("max_session_duration")
    if duration is None:
        return MAX_ROLE_MAXIMUM
    try:
        seconds = parse_duration(duration)
    except ValueError as error:
        table.add_finding("max_session_duration", str(error))
        return MAX_ROLE_MAXIMUM
    if not MIN_ROLE_MAXIMUM <= seconds <= MAX_ROLE_MAXIMUM:
        table.add_finding(
            "max_session_duration",
            f"{duration} isn't a maximum that IAM accepts; use {format_duration(MIN_ROLE_MAXIMUM)} to "
            f"{format_duration(MAX_ROLE_MAXIMUM)}",
        )
        return MAX_ROLE_MAXIMUM
    return seconds


def _trusted(entry: TableReader, own_account: str | None) -> TrustedPrincipal | None:
    entry.allow_only("principal", "external_id")
    principal, external_id = entry.string("principal"), entry.string("external_id")
    if principal is None:
        if "principal" not in entry:
            entry.add_finding("principal", f"is missing; write {_PRINCIPALS}")
        return None
    parsed = parse_principal(principal)
    if parsed is None:
        entry.add_finding("principal", f"{principal!r} can't be trusted; write {_PRINCIPALS}")
        return None
    account, resource = parsed
    if account == own_account:
        account = None
    if external_id and (problem := external_id_problem(external_id)):
        entry.add_finding("external_id", problem)
    if account is not None and "external_id" not in entry:
        entry.add_finding(
            "external_id",
            f"is missing; without it, account {account} could be tricked into using the role for someone else "
            "(confused deputy); write the external id that this account passes to AssumeRole",
        )
    return TrustedPrincipal(account, resource, external_id)


def _conditions(table: TableReader) -> Conditions:
    table.allow_only("mfa", "source_ip", "source_identity", "session_name")
    networks = table.strings("source_ip")
    for network in networks:
        if problem := network_problem(network):
            table.add_finding("source_ip", problem)
    patterns = {key: table.string(key) for key in ("source_identity", "session_name")}
    for key, pattern in patterns.items():
        if pattern and (problem := session_pattern_problem(pattern)):
            table.add_finding(key, problem)
    return Conditions(
        mfa=table.boolean("mfa", False),
        source_ip=networks,
        source_identity=patterns["source_identity"],
        session_name=patterns["session_name"],
    )

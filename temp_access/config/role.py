"""Reading `[role]`: its name, its longest session, who may assume it and on which conditions."""

from temp_access.config.model import Conditions, Role, TrustedPrincipal
from temp_access.config.table import TableReader, format_duration, parse_duration
from temp_access.config.validation import (
    external_id_problem,
    iam_name_problem,
    network_problem,
    parse_principal,
    session_pattern_problem,
)

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
SHORTEST_MAXIMUM, LONGEST_MAXIMUM = 3600, 43200
_PRINCIPALS = "user/NAME or role/NAME for this account, else an IAM user's or role's ARN or an account's 12 digits"


def read_role(table: TableReader, account: str | None) -> Role:
    """Return the role that `[role]` describes; `account` is the stack's own, None if it isn't known yet."""
    table.allow_only("name", "max_session_duration", "trusted", "conditions")
    name = table.string("name") or "temp-role"
    if problem := iam_name_problem(name, 64):
        table.add_finding("name", problem)
    return Role(
        name=name,
        max_session_duration=_maximum(table),
        trusted=tuple(trusted for entry in table.subtables("trusted") if (trusted := _trusted(entry, account))),
        conditions=_conditions(table.table("conditions")),
    )


def _maximum(table: TableReader) -> int:
    text = table.string("max_session_duration")
    if text is None:
        return LONGEST_MAXIMUM
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        table.add_finding("max_session_duration", str(error))
        return LONGEST_MAXIMUM
    if not SHORTEST_MAXIMUM <= seconds <= LONGEST_MAXIMUM:
        table.add_finding(
            "max_session_duration",
            f"{text} isn't from {format_duration(SHORTEST_MAXIMUM)} to {format_duration(LONGEST_MAXIMUM)}, "
            "which is what IAM takes",
        )
        return LONGEST_MAXIMUM
    return seconds


def _trusted(entry: TableReader, own_account: str | None) -> TrustedPrincipal | None:
    entry.allow_only("principal", "external_id")
    text, external_id = entry.string("principal"), entry.string("external_id")
    if text is None:
        if "principal" not in entry:
            entry.add_finding("principal", f"is missing; write {_PRINCIPALS}")
        return None
    parsed = parse_principal(text)
    if parsed is None:
        entry.add_finding("principal", f"{text!r} isn't a principal; write {_PRINCIPALS}")
        return None
    account, resource = parsed
    if account == own_account:
        account = None
    if external_id and (problem := external_id_problem(external_id)):
        entry.add_finding("external_id", problem)
    if account is not None and "external_id" not in entry:
        entry.add_finding(
            "external_id",
            f"is missing; account {account} isn't this one, and without an external id it could be tricked "
            "into using the role for somebody else (confused deputy)",
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

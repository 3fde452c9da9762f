"""Reading `[grants.<id>]` and `[any_id]`: access mode, extras, folder and duration of each grant."""

from collections.abc import Mapping

from temp_access.config.borrowers import BorrowerReader
from temp_access.config.folders import any_id_conflicts, overlaps
from temp_access.config.model import Grant, IdPatternGrant
from temp_access.config.table import TableReader, did_you_mean, format_duration, key_path, parse_duration
from temp_access.config.validation import MAX_FOLDER_BYTES, folder_problem, id_problem
from temp_access.iam.sts_limits import MAX_ROLE_MAXIMUM, MIN_DURATION

# The extras, each with the access modes for which it stands for some action.
Extras = Mapping[str, tuple[str, ...]]


def read_grants(
    table: TableReader, modes: tuple[str, ...], extras: Extras, role_maximum: int, borrowers: BorrowerReader
) -> dict[str, Grant]:
    """Return the valid grants by id."""
    grants: dict[str, Grant] = {}
    for id_ in table:
        entry = table.table(id_)
        entry.allow_only("access", "extras", "folder", "duration", "shared", "borrowers")
        access = _access(entry, modes)
        more = _extras(entry, access, extras)
        duration = _duration(entry, role_maximum)
        own = borrowers.read(entry)
        folder = entry.string("folder") or id_
        if problem := id_problem(id_):
            entry.add_finding(None, problem)
        elif problem := folder_problem(folder):
            entry.add_finding("folder" if "folder" in entry else None, problem)
        elif access:
            grants[id_] = Grant(id_, access, folder, duration, entry.boolean("shared", False), more, own)
    for outer, inner in overlaps(grants.values()):
        _check_overlap(table, outer, inner)
    return grants


def _check_overlap(table: TableReader, outer: Grant, inner: Grant) -> None:
    equal = outer.folder == inner.folder
    if inner.shared and (outer.shared or not equal):
        return
    inner_table, outer_table = table.table(inner.id), table.table(outer.id)
    relation = "is also the folder of" if equal else f"is inside {outer.folder!r}, the folder of"
    shared = "both grants" if equal else inner_table.path
    inner_table.add_finding(
        "folder",
        f"{inner.folder!r} {relation} {outer_table.path}; choose another folder, or write shared = true in {shared}",
    )


def read_any_id(
    table: TableReader, modes: tuple[str, ...], extras: Extras, role_maximum: int, grants: dict[str, Grant]
) -> IdPatternGrant | None:
    """Return the grant for unlisted ids, None if its table is invalid."""
    # Imported here, because a file without a pattern doesn't need it.
    from temp_access.config.id_pattern import PatternError, compile_pattern

    table.allow_only("pattern", "access", "extras", "folder", "duration")
    access = _access(table, modes)
    more = _extras(table, access, extras)
    duration = _duration(table, role_maximum)
    template = table.string("folder") or "{id}"
    source = table.string("pattern")
    if source is None:
        if "pattern" not in table:
            table.add_finding("pattern", "is missing; write a pattern for the admitted ids, such as [a-z]{2,20}")
        return None
    try:
        pattern = compile_pattern(source)
    except PatternError as error:
        table.add_finding("pattern", str(error))
        return None
    if template.count("{id}") != 1:
        table.add_finding(
            "folder", f"{template!r} doesn't contain {{id}} exactly once; write one such as tenants/{{id}}"
        )
        return None
    if problem := folder_problem(template.replace("{id}", "x")):
        table.add_finding("folder", problem)
        return None
    longest = len(template.encode()) - len("{id}") + pattern.longest_cost(lambda c: len(c.encode()))
    if longest > MAX_FOLDER_BYTES:
        table.add_finding(
            "pattern",
            f"the longest folder has {longest} bytes, and the maximum is {MAX_FOLDER_BYTES}; shorten the folder or the "
            "pattern",
        )
        return None
    if access is None:
        return None
    any_id = IdPatternGrant(pattern, access, template, duration, more)
    for grant, id_ in any_id_conflicts(any_id, grants):
        listed = f"{grant.folder!r}, the folder of {key_path('grants', grant.id)}"
        overlap = (
            f"{template!r} is inside {listed}"
            if id_ is None
            else f"the folder of the unlisted id {id_!r} would overlap {listed}"
        )
        table.add_finding("folder", f"{overlap}; change the folder or the pattern so that they don't overlap")
    return any_id


def _access(table: TableReader, modes: tuple[str, ...]) -> str | None:
    if "access" not in table:
        table.add_finding("access", f"is missing; use one of {', '.join(modes)}")
        return None
    return table.choice("access", modes)


def _extras(table: TableReader, access: str | None, extras: Extras) -> tuple[str, ...]:
    """Return the extras in their usual order; those that give the access mode nothing are findings."""
    listed = table.strings("extras")
    for name in dict.fromkeys(listed):
        if name not in extras:
            table.add_finding(
                "extras",
                f"{name!r} isn't an extra{did_you_mean(name, extras)}; use some of {', '.join(extras)}",
            )
        elif access and access not in extras[name]:
            table.add_finding(
                "extras",
                f"{name!r} gives nothing to a grant with access = {access!r}; remove it, or use one of "
                f"{', '.join(extras[name])}",
            )
    return tuple(name for name in extras if name in listed)


def _duration(table: TableReader, role_maximum: int) -> int | None:
    duration = table.string("duration")
    if duration is None:
        return None
    try:
        seconds = parse_duration(duration)
    except ValueError as error:
        table.add_finding("duration", str(error))
        return None
    if seconds > role_maximum:
        maximum = format_duration(role_maximum)
        remedy = f"use {maximum} or less" + (
            ", or raise role.max_session_duration" if seconds <= MAX_ROLE_MAXIMUM else ""
        )
        table.add_finding("duration", f"{duration} exceeds the role's maximum session duration of {maximum}; {remedy}")
    elif seconds < MIN_DURATION:
        minimum = format_duration(MIN_DURATION)
        table.add_finding("duration", f"{duration} is under {minimum}, the minimum of STS; use {minimum} or more")
    return seconds

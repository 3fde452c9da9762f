"""Reading `[grants.<id>]` and `[any_id]`: who may borrow what, and for how long."""

from temp_access.config.folders import any_id_conflicts, overlaps
from temp_access.config.model import Grant, IdPatternGrant
from temp_access.config.role import LONGEST_MAXIMUM
from temp_access.config.table import TableReader, format_duration, key_path, parse_duration
from temp_access.config.validation import MAX_FOLDER_BYTES, folder_problem, id_problem

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
SHORTEST_SESSION = 900


def read_grants(table: TableReader, modes: tuple[str, ...], role_maximum: int) -> dict[str, Grant]:
    """Return every listed grant by its id."""
    found: dict[str, Grant] = {}
    for id_ in table:
        entry = table.table(id_)
        entry.allow_only("access", "folder", "duration", "shared")
        access = _access(entry, modes)
        duration = _duration(entry, role_maximum)
        folder = entry.string("folder") or id_
        if problem := id_problem(id_):
            entry.add_finding(None, problem)
        elif problem := folder_problem(folder):
            entry.add_finding("folder" if "folder" in entry else None, problem)
        elif access:
            found[id_] = Grant(id_, access, folder, duration, entry.boolean("shared", False))
    for outer, inner in overlaps(found.values()):
        _overlap(table, outer, inner)
    return found


def _overlap(table: TableReader, outer: Grant, inner: Grant) -> None:
    equal = outer.folder == inner.folder
    if inner.shared and (outer.shared or not equal):
        return
    where = table.table(inner.id)
    relation = "is also the folder of" if equal else f"is inside {outer.folder!r}, the folder of"
    whose = table.table(outer.id).path
    who = "both grants" if equal else f"{where.path}"
    where.add_finding(
        "folder",
        f"{inner.folder!r} {relation} {whose}; choose another folder, or write shared = true in {who}",
    )


def read_any_id(
    table: TableReader, modes: tuple[str, ...], role_maximum: int, grants: dict[str, Grant]
) -> IdPatternGrant | None:
    """Return the grant for unlisted ids, None if its table has a finding."""
    # Imported here, so that a file without patterns doesn't pay for them.
    from temp_access.config.id_pattern import PatternError, compile_pattern

    table.allow_only("pattern", "access", "folder", "duration")
    access = _access(table, modes)
    duration = _duration(table, role_maximum)
    template = table.string("folder") or "{id}"
    text = table.string("pattern")
    if text is None:
        if "pattern" not in table:
            table.add_finding("pattern", "is missing; write which ids are admitted, like [a-z]{2,20}")
        return None
    try:
        pattern = compile_pattern(text)
    except PatternError as error:
        table.add_finding("pattern", str(error))
        return None
    if template.count("{id}") != 1:
        table.add_finding("folder", f"{template!r} must have {{id}} in it, once")
        return None
    if problem := folder_problem(template.replace("{id}", "x")):
        table.add_finding("folder", problem)
        return None
    longest = len(template.encode()) - len("{id}") + pattern.longest_cost(lambda c: len(c.encode()))
    if longest > MAX_FOLDER_BYTES:
        table.add_finding(
            "pattern", f"the longest folder has {longest} bytes, {MAX_FOLDER_BYTES} are the most; shorten it"
        )
        return None
    if access is None:
        return None
    any_id = IdPatternGrant(pattern, access, template, duration)
    for grant, id_ in any_id_conflicts(any_id, grants):
        theirs = f"{grant.folder!r}, the folder of {key_path('grants', grant.id)}"
        table.add_finding(
            "folder",
            (f"{template!r} lies in {theirs}" if id_ is None else f"the unlisted id {id_!r} would meet {theirs}") + "; "
            "change the template or the pattern so that they are apart",
        )
    return any_id


def _access(table: TableReader, modes: tuple[str, ...]) -> str | None:
    if "access" not in table:
        table.add_finding("access", f"is missing; use one of {', '.join(modes)}")
        return None
    return table.choice("access", modes)


def _duration(table: TableReader, role_maximum: int) -> int | None:
    text = table.string("duration")
    if text is None:
        return None
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        table.add_finding("duration", str(error))
        return None
    if seconds > role_maximum:
        remedy = "lower it" + (" or raise role.max_session_duration" if seconds <= LONGEST_MAXIMUM else "")
        table.add_finding("duration", f"{text} is over the role's {format_duration(role_maximum)}; {remedy}")
    elif seconds < SHORTEST_SESSION:
        table.add_finding(
            "duration", f"{text} is under the {format_duration(SHORTEST_SESSION)} that STS gives at least"
        )
    return seconds

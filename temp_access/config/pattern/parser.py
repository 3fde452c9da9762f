"""Read a pattern's text into its tree."""

from temp_access.config.pattern.alphabet import check_characters
from temp_access.config.pattern.atoms import UNOPENED, check_opening, empty_part_error, read_single
from temp_access.config.pattern.cursor import Cursor
from temp_access.config.pattern.limits import MAX_DEPTH, SizeBudget
from temp_access.config.pattern.measure import shortest
from temp_access.config.pattern.repetition import read_repetition
from temp_access.config.pattern.tree import Choice, LiteralText, Node, Sequence


def parse(source: str) -> Node:
    """Return the tree of a pattern; raises PatternError for what is outside the subset."""
    if not source:
        raise Cursor(source).error_at("the pattern is empty; write one, as [a-z0-9-]{1,63}")
    check_characters(source)
    cursor = Cursor(source)
    tree = _read_choice(cursor, depth=0)
    if cursor.peek():
        raise cursor.error_at(UNOPENED)
    return tree


def _read_choice(cursor: Cursor, depth: int) -> Node:
    options: list[Node] = []
    room = SizeBudget(cursor)
    while not options or cursor.skip("|"):
        start = cursor.at
        option = _read_sequence(cursor, depth)
        if depth == 0 and shortest(option) == 0:
            raise cursor.error_at("this admits an empty id; make one part of it required", start)
        room.add_beside(option, start)
        options.append(option)
    return options[0] if len(options) == 1 else Choice(tuple(options))


def _read_sequence(cursor: Cursor, depth: int) -> Node:
    parts: list[Node] = []
    room = SizeBudget(cursor)
    while cursor.peek() not in ("", "|", ")"):
        part = _read_part(cursor, depth, room)
        before = parts[-1] if parts else None
        if isinstance(before, LiteralText) and isinstance(part, LiteralText):
            parts[-1] = LiteralText(before.text + part.text)
        else:
            parts.append(part)
    if not parts:
        raise empty_part_error(cursor)
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


def _read_part(cursor: Cursor, depth: int, room: SizeBudget) -> Node:
    start = cursor.at
    atom = _read_group(cursor, depth) if cursor.looking_at("(") else read_single(cursor)
    repeated_at = cursor.at
    part = read_repetition(cursor, atom)
    room.add_after(part, repeated_at if cursor.at > repeated_at else start)
    if cursor.looking_at("?", "{"):
        raise cursor.error_at(f"'{cursor.peek()}' repeats a repetition; put ( ) around that first")
    return part


def _read_group(cursor: Cursor, depth: int) -> Node:
    start = cursor.at
    check_opening(cursor)
    if depth == MAX_DEPTH:
        raise cursor.error_at(f"groups are more than {MAX_DEPTH} deep; take some out", start)
    if cursor.looking_at(")"):
        raise cursor.error_at("'()' is empty; leave it out, or write \\(\\) for itself", start)
    tree = _read_choice(cursor, depth + 1) if cursor.peek() else None
    if tree is None or not cursor.skip(")"):
        raise cursor.error_at("'(' is never closed; write ) after the group, or \\( for itself", start)
    return tree

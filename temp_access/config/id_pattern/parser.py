"""Text to tree, with positioned advice."""

from temp_access.config.id_pattern.reader import Cursor, read_class, read_escape
from temp_access.config.id_pattern.tree import (
    Chars,
    Choice,
    LiteralText,
    Node,
    PatternError,
    Repeat,
    Sequence,
    check_characters,
    longest,
    shortest,
    steps,
)

_REFUSED = {
    "*": "'*' has no upper bound; write {0,64}",
    "+": "'+' has no upper bound; write {1,64}",
    "?": "'?' has nothing to repeat; write it after a part, or write \\? for a literal '?'",
    "{": "'{' has nothing to repeat; write it after a part, or write \\{ for a literal '{'",
    "}": "'}' closes no repetition; write \\} for a literal '}'",
    "]": "']' closes no class; write \\] for a literal ']'",
    ".": "'.' matches every character; write a class of those that you mean, such as [a-z0-9], or \\. for a dot",
    "^": "'^' is implied, because a pattern always matches the whole id; remove it, or write \\^ for a literal '^'",
    "$": "'$' is implied, because a pattern always matches the whole id; remove it, or write \\$ for a literal '$'",
}
UNOPENED = "')' closes no group; remove it, or write \\) for a literal ')'"
_OPENINGS = (
    (("(?=", "(?!", "(?<=", "(?<!"), "is a lookaround; write what the id itself contains"),
    (("(?P=",), "is a back-reference; repeat the part instead"),
    (("(?P<", "(?<", "(?'"), "is a named group, which nothing can refer to; write ( )"),
    (("(?#",), "is a comment; write it as a comment in access.toml"),
    (("(?>", "(?|"), "controls backtracking, which never happens here; write ( )"),
    (("(?(", "(?P>", "(?R", "(?&"), "refers to another group; write out the alternatives, such as (a|b)"),
)
_FLAGS = "'(?' sets flags; write both cases in a class, such as [A-Za-z]"


def read_single(cursor: Cursor) -> LiteralText | Chars:
    """Return a literal character, an escape or a class; raises PatternError at anything else."""
    if cursor.looking_at("["):
        return read_class(cursor)
    if cursor.looking_at("\\"):
        escaped = read_escape(cursor)
        return escaped if isinstance(escaped, Chars) else LiteralText(escaped)
    if reason := _REFUSED.get(cursor.peek()):
        raise cursor.error_at(reason)
    return LiteralText(cursor.take())


def check_opening(cursor: Cursor) -> None:
    """Step over `(` or `(?:`; raises PatternError at any other kind of group."""
    if cursor.skip("(?:"):
        return
    if cursor.looking_at("(?"):
        for openings, reason in _OPENINGS:
            for opening in openings:
                if cursor.looking_at(opening):
                    raise cursor.error_at(f"'{opening}' {reason}")
        raise cursor.error_at(_FLAGS)
    cursor.take()


def empty_part_error(cursor: Cursor) -> PatternError:
    """Return the error for a sequence without parts, at the `|` beside it or the `)` that it starts with."""
    if cursor.looking_at(")") and cursor.at == 0:
        return cursor.error_at(UNOPENED)
    at = cursor.at if cursor.looking_at("|") else cursor.at - 1
    return cursor.error_at("'|' has an empty alternative; write ( )? around an optional part", at)


# With its folder template, an id has to fit a key of S3, which takes 1024 bytes.
MAX_LENGTH = 255
# Each step costs a fraction of a microsecond for each id: this keeps any answer within milliseconds.
MAX_STEPS = 4096
# Reading recurses for each group.
MAX_DEPTH = 32


class SizeBudget:
    """What is left of the limits while parts are put one after the other, or side by side."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._length = 0
        self._steps = 0

    def add_after(self, node: Node, at: int) -> None:
        """Raise PatternError at an index (0-based) if the part makes the longest id too long."""
        self._length += longest(node)
        if self._length > MAX_LENGTH:
            reached = f"an id can have {self._length} characters up to here, and the maximum is {MAX_LENGTH}"
            raise self._cursor.error_at(f"{reached}; repeat fewer times", at)
        self.add_beside(node, at)

    def add_beside(self, node: Node, at: int) -> None:
        """Raise PatternError at an index (0-based) if the part makes the pattern too large."""
        self._steps += steps(node)
        if self._steps > MAX_STEPS:
            reached = f"the pattern unrolls to {self._steps} steps up to here, and the maximum is {MAX_STEPS}"
            raise self._cursor.error_at(f"{reached}; repeat fewer times, or list the ids as grants", at)


def read_repetition(cursor: Cursor, part: Node) -> Node:
    """Return the part, repeated as what follows it says; raises PatternError at a bad repetition."""
    if cursor.skip("?"):
        return Repeat(part, 0, 1)
    if not cursor.looking_at("{"):
        return part
    least, most = _read_bounds(cursor)
    return part if most == least == 1 else Repeat(part, least, most)


def _read_bounds(cursor: Cursor) -> tuple[int, int]:
    start = cursor.at
    end = cursor.text.find("}", start)
    if end < 0:
        raise cursor.error_at("'{' is never closed; write {1,64}, or \\{ for a literal '{'")
    cursor.at = end + 1
    written = cursor.text[start : end + 1]
    lower, comma, upper = written[1:-1].partition(",")
    if comma and _is_number(lower) and not upper:
        raise cursor.error_at(f"'{written}' has no upper bound; write {{{lower},64}}", start)
    if comma and not lower and _is_number(upper):
        raise cursor.error_at(f"'{written}' has no lower bound; write {{0,{upper}}}", start)
    if not _is_number(lower) or (comma and not _is_number(upper)):
        remedy = "write {3} or {1,64}, or \\{ for a literal '{'"
        raise cursor.error_at(f"'{written}' isn't a repetition; {remedy}", start)
    least, most = _number(lower), _number(upper if comma else lower)
    if most == 0:
        raise cursor.error_at(f"'{written}' repeats the part zero times; remove the part", start)
    if least > most:
        raise cursor.error_at(f"'{written}' has its bounds in the wrong order; write {{{upper},{lower}}}", start)
    return least, most


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _number(digits: str) -> int:
    # int() itself refuses thousands of digits; the limit refuses all of these alike.
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) < 10 else MAX_LENGTH + 1


def parse(source: str) -> Node:
    """Return the tree of a pattern; raises PatternError for what is outside the subset."""
    if not source:
        raise Cursor(source).error_at("the pattern is empty; write one such as [a-z0-9-]{1,63}")
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
            raise cursor.error_at("this alternative matches the empty id; make a part of it required", start)
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
        raise cursor.error_at(f"'{cursor.peek()}' repeats a repetition; write ( ) around the first one")
    return part


def _read_group(cursor: Cursor, depth: int) -> Node:
    start = cursor.at
    check_opening(cursor)
    if depth == MAX_DEPTH:
        raise cursor.error_at(f"groups are nested more than {MAX_DEPTH} deep; remove some", start)
    if cursor.looking_at(")"):
        raise cursor.error_at("'()' is empty; remove it, or write \\(\\) for literal parentheses", start)
    tree = _read_choice(cursor, depth + 1) if cursor.peek() else None
    if tree is None or not cursor.skip(")"):
        raise cursor.error_at("'(' is never closed; write ) after the group, or \\( for a literal '('", start)
    return tree

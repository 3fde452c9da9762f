"""Parsing a pattern into its syntax tree; each error has a position and what to write instead."""

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
    """Return a literal character, an escape or a class; raises PatternError for anything else."""
    if cursor.looking_at("["):
        return read_class(cursor)
    if cursor.looking_at("\\"):
        escaped = read_escape(cursor)
        return escaped if isinstance(escaped, Chars) else LiteralText(escaped)
    if reason := _REFUSED.get(cursor.peek()):
        raise cursor.error_at(reason)
    return LiteralText(cursor.take())


def skip_opening(cursor: Cursor) -> None:
    """Move past `(` or `(?:`; raises PatternError for any other type of group."""
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
    """Return the error for an empty sequence, at the `|` beside it or at the `)` that it begins with."""
    if cursor.looking_at(")") and cursor.at == 0:
        return cursor.error_at(UNOPENED)
    at = cursor.at if cursor.looking_at("|") else cursor.at - 1
    return cursor.error_at("'|' has an empty alternative; write ( )? around an optional part", at)


# An id must fit into an S3 key of 1024 bytes, together with its folder template.
MAX_LENGTH = 255
# Each step takes a fraction of a microsecond, so matching an id takes milliseconds at most.
MAX_STEPS = 4096
# The parser recurses into each group.
MAX_DEPTH = 32


class SizeBudget:
    """The size of the parts read so far, checked against the limits."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._length = 0
        self._steps = 0

    def add_part(self, node: Node, at: int) -> None:
        """Add a part to a sequence; raises PatternError at an index (0-based) if the longest id gets too long."""
        self._length += longest(node)
        if self._length > MAX_LENGTH:
            reached = f"an id can have {self._length} characters up to here, and the maximum is {MAX_LENGTH}"
            raise self._cursor.error_at(f"{reached}; repeat fewer times", at)
        self.add_alternative(node, at)

    def add_alternative(self, node: Node, at: int) -> None:
        """Add an alternative; raises PatternError at an index (0-based) if the pattern gets too large."""
        self._steps += steps(node)
        if self._steps > MAX_STEPS:
            reached = f"the pattern unrolls to {self._steps} steps up to here, and the maximum is {MAX_STEPS}"
            raise self._cursor.error_at(f"{reached}; repeat fewer times, or list the ids as grants", at)


def read_repetition(cursor: Cursor, part: Node) -> Node:
    """Return the part with the repetition that follows it; raises PatternError for an invalid one."""
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
    source = cursor.text[start : end + 1]
    lower, comma, upper = source[1:-1].partition(",")
    if comma and _is_number(lower) and not upper:
        raise cursor.error_at(f"'{source}' has no upper bound; write {{{lower},64}}", start)
    if comma and not lower and _is_number(upper):
        raise cursor.error_at(f"'{source}' has no lower bound; write {{0,{upper}}}", start)
    if not _is_number(lower) or (comma and not _is_number(upper)):
        remedy = "write {3} or {1,64}, or \\{ for a literal '{'"
        raise cursor.error_at(f"'{source}' isn't a repetition; {remedy}", start)
    least, most = _number(lower), _number(upper if comma else lower)
    if most == 0:
        raise cursor.error_at(f"'{source}' repeats the part zero times; remove the part", start)
    if least > most:
        raise cursor.error_at(f"'{source}' has its bounds in the wrong order; write {{{upper},{lower}}}", start)
    return least, most


def _is_number(digits: str) -> bool:
    return digits.isascii() and digits.isdigit()


def _number(digits: str) -> int:
    # int() rejects thousands of digits; any number above the limit has the same error.
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) < 10 else MAX_LENGTH + 1


def parse(source: str) -> Node:
    """Return the syntax tree of a pattern; raises PatternError for syntax outside the subset."""
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
    budget = SizeBudget(cursor)
    while not options or cursor.skip("|"):
        start = cursor.at
        option = _read_sequence(cursor, depth)
        if depth == 0 and shortest(option) == 0:
            raise cursor.error_at("this alternative matches the empty id; make a part of it required", start)
        budget.add_alternative(option, start)
        options.append(option)
    return options[0] if len(options) == 1 else Choice(tuple(options))


def _read_sequence(cursor: Cursor, depth: int) -> Node:
    parts: list[Node] = []
    budget = SizeBudget(cursor)
    while cursor.peek() not in ("", "|", ")"):
        part = _read_part(cursor, depth, budget)
        previous = parts[-1] if parts else None
        if isinstance(previous, LiteralText) and isinstance(part, LiteralText):
            parts[-1] = LiteralText(previous.text + part.text)
        else:
            parts.append(part)
    if not parts:
        raise empty_part_error(cursor)
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


def _read_part(cursor: Cursor, depth: int, budget: SizeBudget) -> Node:
    start = cursor.at
    atom = _read_group(cursor, depth) if cursor.looking_at("(") else read_single(cursor)
    repeated_at = cursor.at
    part = read_repetition(cursor, atom)
    budget.add_part(part, repeated_at if cursor.at > repeated_at else start)
    if cursor.looking_at("?", "{"):
        raise cursor.error_at(f"'{cursor.peek()}' repeats a repetition; write ( ) around the first one")
    return part


def _read_group(cursor: Cursor, depth: int) -> Node:
    start = cursor.at
    skip_opening(cursor)
    if depth == MAX_DEPTH:
        raise cursor.error_at(f"groups are nested more than {MAX_DEPTH} deep; remove some", start)
    if cursor.looking_at(")"):
        raise cursor.error_at("'()' is empty; remove it, or write \\(\\) for literal parentheses", start)
    tree = _read_choice(cursor, depth + 1) if cursor.peek() else None
    if tree is None or not cursor.skip(")"):
        raise cursor.error_at("'(' is never closed; write ) after the group, or \\( for a literal '('", start)
    return tree

"""The smallest parts of a pattern, and what is refused in their place."""

from temp_access.config.pattern.classes import read_class
from temp_access.config.pattern.cursor import Cursor
from temp_access.config.pattern.errors import PatternError
from temp_access.config.pattern.escapes import read_escape
from temp_access.config.pattern.tree import Chars, LiteralText

_REFUSED = {
    "*": "'*' repeats without bound; write {0,64}",
    "+": "'+' repeats without bound; write {1,64}",
    "?": "'?' has nothing to repeat; write it after a part, or \\? for itself",
    "{": "'{' has nothing to repeat; write it after a part, or \\{ for itself",
    "}": "'}' closes no repetition; write \\} for itself",
    "]": "']' closes no class; write \\] for itself",
    ".": "'.' admits every character; write the ones that you mean, as [a-z0-9], or \\. for a dot",
    "^": "'^' is implied, a pattern always covers the whole id; leave it out, or write \\^ for itself",
    "$": "'$' is implied, a pattern always covers the whole id; leave it out, or write \\$ for itself",
}
UNOPENED = "')' closes no group; leave it out, or write \\) for itself"
_OPENINGS = (
    (("(?=", "(?!", "(?<=", "(?<!"), "is look-around; write what the id itself holds"),
    (("(?P=",), "is a back-reference; repeat the part instead"),
    (("(?P<", "(?<", "(?'"), "names a group, and nothing refers to it; write ( )"),
    (("(?#",), "is a comment; put it beside the pattern, in the file"),
    (("(?>", "(?|"), "steers backtracking, and nothing backtracks; write ( )"),
    (("(?(", "(?P>", "(?R", "(?&"), "refers to another group; write the options out, as (a|b)"),
)
_FLAGS = "'(?' sets flags; write both cases in a class instead, as [A-Za-z]"


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
    return cursor.error_at("'|' has nothing on one side; write ( )? around what may be left out", at)

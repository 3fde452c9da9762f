"""Character classes, as `[a-z0-9_-]`."""

from temp_access.config.pattern.alphabet import rejection_reason
from temp_access.config.pattern.cursor import Cursor
from temp_access.config.pattern.escapes import read_escape
from temp_access.config.pattern.tree import Chars, Range

# Some tools read these as operations on sets: what they admit shouldn't depend on who reads.
_SET_OPERATIONS = ("&&", "||", "~~", "--")


def read_class(cursor: Cursor) -> Chars:
    """Return the class that starts at the cursor; raises PatternError at what is wrong in it."""
    opening = cursor.at
    cursor.take()
    if cursor.looking_at("^"):
        raise cursor.error_at("'[^' would admit nearly every character; write the ones that you mean, or \\^")
    if cursor.looking_at("]"):
        raise cursor.error_at("'[]' is empty; write a character in it, or \\] for a bracket", opening)
    ranges: list[Range] = []
    while not cursor.skip("]"):
        if cursor.peek() == "":
            raise cursor.error_at("'[' is never closed; write ] after the class, or \\[ for itself", opening)
        ranges.extend(_read_member(cursor, first=cursor.at == opening + 1))
    return Chars.of(ranges)


def _read_member(cursor: Cursor, first: bool) -> tuple[Range, ...]:
    start = cursor.at
    if cursor.looking_at(*_SET_OPERATIONS):
        doubled = cursor.text[start : start + 2]
        raise cursor.error_at(f"'{doubled}' is an operation on sets to some; write \\{doubled[0]} once")
    if cursor.looking_at("-") and not first and not cursor.looking_at("-]"):
        raise cursor.error_at("'-' stands between no two characters; write \\-")
    low = _read_char(cursor)
    if not cursor.looking_at("-") or cursor.looking_at("-]"):
        return low.ranges if isinstance(low, Chars) else ((low, low),)
    cursor.take()
    if cursor.looking_at("-"):
        raise cursor.error_at("a range can't end in a bare '-'; write \\-")
    high = _read_char(cursor) if cursor.peek() else ""
    return (_checked(cursor, start, low, high),) if high else ()


def _read_char(cursor: Cursor) -> Chars | str:
    if cursor.looking_at("["):
        raise cursor.error_at("'[' within a class has no meaning; write \\[ for itself")
    return read_escape(cursor) if cursor.looking_at("\\") else cursor.take()


def _checked(cursor: Cursor, start: int, low: Chars | str, high: Chars | str) -> Range:
    written = cursor.text[start : cursor.at]
    if isinstance(low, Chars) or isinstance(high, Chars):
        raise cursor.error_at(f"'{written}' isn't a range of two characters; write \\- for a '-'", start)
    if low > high:
        raise cursor.error_at(f"the range '{written}' runs backwards; swap its ends", start)
    for char in map(chr, range(ord(low), ord(high) + 1)):
        if reason := rejection_reason(char):
            raise cursor.error_at(f"the range '{written}' is too wide: {reason}", start)
    return low, high

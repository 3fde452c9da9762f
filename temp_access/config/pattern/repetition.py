"""Bounded repetition: `?`, `{n}` and `{n,m}`."""

from temp_access.config.pattern.cursor import Cursor
from temp_access.config.pattern.limits import MAX_LENGTH
from temp_access.config.pattern.tree import Node, Repeat


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
        raise cursor.error_at("'{' is never closed; write {1,64}, or \\{ for itself")
    cursor.at = end + 1
    written = cursor.text[start : end + 1]
    lower, comma, upper = written[1:-1].partition(",")
    if comma and _is_number(lower) and not upper:
        raise cursor.error_at(f"'{written}' repeats without bound; write {{{lower},64}}", start)
    if comma and not lower and _is_number(upper):
        raise cursor.error_at(f"'{written}' has no lower bound; write {{0,{upper}}}", start)
    if not _is_number(lower) or (comma and not _is_number(upper)):
        remedy = "write {3} or {1,64}, or \\{ for itself"
        raise cursor.error_at(f"'{written}' isn't a repetition; {remedy}", start)
    least, most = _number(lower), _number(upper if comma else lower)
    if most == 0:
        raise cursor.error_at(f"'{written}' repeats nothing; leave the part out", start)
    if least > most:
        raise cursor.error_at(f"'{written}' runs backwards; write {{{upper},{lower}}}", start)
    return least, most


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _number(digits: str) -> int:
    # int() itself refuses thousands of digits; the limit refuses all of these alike.
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) < 10 else MAX_LENGTH + 1

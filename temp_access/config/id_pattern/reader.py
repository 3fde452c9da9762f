"""Reading a pattern character by character: the cursor, character classes and escapes."""

import string
from dataclasses import dataclass

from temp_access.config.id_pattern.tree import DIGITS, WORD, Chars, PatternError, Range, rejection_reason


@dataclass(slots=True)
class Cursor:
    """A pattern and the index (0-based) of its next character."""

    text: str
    at: int = 0

    def peek(self) -> str:
        """Return the next character, or the empty string at the end."""
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        """Return the next character and move past it."""
        char = self.peek()
        self.at += 1
        return char

    def looking_at(self, *tokens: str) -> bool:
        """Return whether the pattern continues with one of `tokens`."""
        return self.text.startswith(tokens, self.at)

    def skip(self, token: str) -> bool:
        """Move past the token if the pattern continues with it, and return whether it did."""
        is_next = self.looking_at(token)
        if is_next:
            self.at += len(token)
        return is_next

    def error_at(self, reason: str, at: int | None = None) -> PatternError:
        """Return the error for the character at an index (0-based), by default for the next one."""
        return PatternError((self.at if at is None else at) + 1, reason)


_CLASSES = {"d": DIGITS, "w": WORD}
_ESCAPABLE = string.punctuation + " "
_REFUSED = (
    ("DWSPX", "matches nearly every character; write a class of those that you mean, such as [a-z0-9_-]"),
    ("s", "matches line breaks and tabs; write a plain space"),
    ("bBAZzG", "is an anchor, and a pattern always matches the whole id; remove it"),
    ("123456789kg", "is a back-reference; repeat the part instead"),
    ("afnrtv", "is a control character, which a session policy can't contain; remove it"),
    ("0xuUNcoe", "is a character code; write the character itself"),
    ("p", "is a Unicode property; write a class such as [a-z0-9_-]"),
)


def read_escape(cursor: Cursor) -> Chars | str:
    """Return the class or the character of an escape.

    Raises PatternError, at the backslash, for any other escape.
    """
    start = cursor.at
    cursor.take()
    char = cursor.take()
    if char == "":
        raise cursor.error_at("'\\' escapes nothing; write \\\\ for a backslash", start)
    if char in _CLASSES:
        return _CLASSES[char]
    if char in _ESCAPABLE:
        return char
    for letters, reason in _REFUSED:
        if char in letters:
            raise cursor.error_at(f"'\\{char}' {reason}", start)
    raise cursor.error_at(f"'\\{char}' has no meaning; write {char}", start)


# Some tools read these as set operations; a pattern must not depend on the tool.
_SET_OPERATIONS = ("&&", "||", "~~", "--")


def read_class(cursor: Cursor) -> Chars:
    """Return the class at the cursor; raises PatternError at the first error in it."""
    opening = cursor.at
    cursor.take()
    if cursor.looking_at("^"):
        raise cursor.error_at(
            "'[^' matches nearly every character; write those that you mean, or \\^ for a literal '^'"
        )
    if cursor.looking_at("]"):
        raise cursor.error_at("'[]' is empty; write a character in it, or \\] for a literal ']'", opening)
    ranges: list[Range] = []
    while not cursor.skip("]"):
        if cursor.peek() == "":
            raise cursor.error_at("'[' is never closed; write ] after the class, or \\[ for a literal '['", opening)
        ranges.extend(_read_member(cursor, first=cursor.at == opening + 1))
    return Chars.of(ranges)


def _read_member(cursor: Cursor, first: bool) -> tuple[Range, ...]:
    start = cursor.at
    if cursor.looking_at(*_SET_OPERATIONS):
        doubled = cursor.text[start : start + 2]
        raise cursor.error_at(f"'{doubled}' is a set operation in some tools; write \\{doubled[0]} once")
    if cursor.looking_at("-") and not first and not cursor.looking_at("-]"):
        raise cursor.error_at("'-' isn't between two characters; write \\- for a literal '-'")
    low = _read_char(cursor)
    if not cursor.looking_at("-") or cursor.looking_at("-]"):
        return low.ranges if isinstance(low, Chars) else ((low, low),)
    cursor.take()
    if cursor.looking_at("-"):
        raise cursor.error_at("a range can't end in an unescaped '-'; write \\-")
    high = _read_char(cursor) if cursor.peek() else ""
    return (_valid_range(cursor, start, low, high),) if high else ()


def _read_char(cursor: Cursor) -> Chars | str:
    if cursor.looking_at("["):
        raise cursor.error_at("'[' has no meaning within a class; write \\[ for a literal '['")
    return read_escape(cursor) if cursor.looking_at("\\") else cursor.take()


def _valid_range(cursor: Cursor, start: int, low: Chars | str, high: Chars | str) -> Range:
    source = cursor.text[start : cursor.at]
    if isinstance(low, Chars) or isinstance(high, Chars):
        raise cursor.error_at(f"'{source}' isn't a range of two characters; write \\- for a literal '-'", start)
    if low > high:
        raise cursor.error_at(f"the range '{source}' has its ends in the wrong order; swap them", start)
    for char in map(chr, range(ord(low), ord(high) + 1)):
        if reason := rejection_reason(char):
            raise cursor.error_at(f"the range '{source}' is too wide: {reason}", start)
    return low, high

r"""What may follow a backslash: `d`, `w` and punctuation."""

import string

from temp_access.config.pattern.alphabet import DIGITS, WORD
from temp_access.config.pattern.cursor import Cursor
from temp_access.config.pattern.tree import Chars

_CLASSES = {"d": DIGITS, "w": WORD}
_ITSELF = string.punctuation + " "
_REFUSED = (
    ("DWSPX", "would admit nearly every character; write the ones that you mean, as [a-z0-9_-]"),
    ("s", "admits line breaks and tabs; write a space as itself"),
    ("bBAZzG", "marks a place, and a pattern always covers the whole id; leave it out"),
    ("123456789kg", "is a back-reference; repeat the part instead"),
    ("afnrtv", "is a control character, which can't be part of a session policy; leave it out"),
    ("0xuUNcoe", "is a character by its number; write the character itself"),
    ("p", "is a Unicode property; write a class, as [a-z0-9_-]"),
)


def read_escape(cursor: Cursor) -> Chars | str:
    """Return the class or the one character that an escape stands for.

    Raises PatternError, at the backslash, for any other escape.
    """
    start = cursor.at
    cursor.take()
    char = cursor.take()
    if char == "":
        raise cursor.error_at("'\\' escapes nothing; write \\\\ for a backslash", start)
    if char in _CLASSES:
        return _CLASSES[char]
    if char in _ITSELF:
        return char
    for letters, reason in _REFUSED:
        if char in letters:
            raise cursor.error_at(f"'\\{char}' {reason}", start)
    raise cursor.error_at(f"'\\{char}' has no meaning; write {char}", start)

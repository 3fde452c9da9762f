"""The characters that an id can be made of."""

from temp_access.config.pattern.errors import PatternError
from temp_access.config.pattern.tree import Chars

DIGITS = Chars((("0", "9"),))
WORD = Chars((("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")))


def rejection_reason(char: str) -> str | None:
    """Return why an id can't hold the character, or None (sts:AssumeRole: a policy is U+0020..U+00FF)."""
    if char == "/":
        return "'/' would make an id more than one path segment; put it in the folder template"
    if char < " " or "\x7f" <= char <= "\x9f":
        return f"the control character U+{ord(char):04X} can't be part of a session policy; leave it out"
    if char > "\xff":
        return f"the character U+{ord(char):04X} can't be part of a session policy; keep to U+0020..U+00FF"
    return None


def check_characters(source: str) -> None:
    """Raise PatternError at the first character that no id can hold."""
    for position, char in enumerate(source, start=1):
        if reason := rejection_reason(char):
            raise PatternError(position, reason)


def readable(char: str) -> tuple[int, str]:
    """Return a sort key that puts the plainest characters first."""
    kinds = (("a", "z"), ("0", "9"), ("A", "Z"), ("-", "."), ("_", "_"), ("!", "~"))
    rank = next((rank for rank, (low, high) in enumerate(kinds) if low <= char <= high), len(kinds))
    return rank, char

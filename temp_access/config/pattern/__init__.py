"""The id pattern of `[any_id]`: a small, exact subset of regular expressions."""

from temp_access.config.pattern.compiled import IdPattern, compile_pattern
from temp_access.config.pattern.errors import PatternError
from temp_access.config.pattern.tree import Chars, Choice, LiteralText, Node, Repeat, Sequence

__all__ = [
    "Chars",
    "Choice",
    "IdPattern",
    "LiteralText",
    "Node",
    "PatternError",
    "Repeat",
    "Sequence",
    "compile_pattern",
]

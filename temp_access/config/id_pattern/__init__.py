"""The id pattern of `[any_id]`: a small, exact subset of regular expressions."""

from temp_access.config.id_pattern.pattern import IdPattern, compile_pattern
from temp_access.config.id_pattern.tree import Chars, Choice, LiteralText, Node, PatternError, Repeat, Sequence

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

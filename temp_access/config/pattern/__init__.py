"""The id pattern of `[any_id]`: a small, exact subset of regular expressions."""

from temp_access.config.pattern.compiled import Pattern, compile_pattern
from temp_access.config.pattern.errors import PatternError
from temp_access.config.pattern.tree import Chars, Choice, Literal, Node, Repeat, Sequence

__all__ = [
    "Chars",
    "Choice",
    "Literal",
    "Node",
    "Pattern",
    "PatternError",
    "Repeat",
    "Sequence",
    "compile_pattern",
]

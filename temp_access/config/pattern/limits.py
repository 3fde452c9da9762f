"""How large a pattern may grow."""

from temp_access.config.pattern.cursor import Cursor
from temp_access.config.pattern.measure import longest, steps
from temp_access.config.pattern.tree import Node

# With its folder template, an id has to fit a key of S3, which takes 1024 bytes.
MAX_LENGTH = 255
# Each step costs a fraction of a microsecond for each id: this keeps any answer within milliseconds.
MAX_STEPS = 4096
# Reading recurses for each group.
MAX_DEPTH = 32


class SizeBudget:
    """What is left of the limits while parts are put one after the other, or side by side."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._length = 0
        self._steps = 0

    def add_after(self, node: Node, at: int) -> None:
        """Raise PatternError at an index (0-based) if the part makes the longest id too long."""
        self._length += longest(node)
        if self._length > MAX_LENGTH:
            reached = f"an id can have {self._length} characters up to here, over {MAX_LENGTH}"
            raise self._cursor.error_at(f"{reached}; repeat fewer times", at)
        self.add_beside(node, at)

    def add_beside(self, node: Node, at: int) -> None:
        """Raise PatternError at an index (0-based) if the part makes the pattern too large."""
        self._steps += steps(node)
        if self._steps > MAX_STEPS:
            reached = f"the pattern unrolls to {self._steps} steps up to here, over {MAX_STEPS}"
            raise self._cursor.error_at(f"{reached}; repeat fewer times, or list the ids as grants", at)

"""A pattern that is ready to use."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from temp_access.config.pattern.examples import examples
from temp_access.config.pattern.matching import whole_match
from temp_access.config.pattern.measure import longest, longest_cost
from temp_access.config.pattern.parser import parse
from temp_access.config.pattern.tree import Node


@dataclass(frozen=True, slots=True)
class IdPattern:
    """A pattern as written, its tree, and the length of the longest id that it admits, in characters."""

    source: str
    tree: Node
    longest: int

    def matches(self, text: str) -> bool:
        """Return whether the whole text is an admitted id, in time bounded by the pattern alone."""
        return len(text) <= self.longest and whole_match(self.tree, text)

    def longest_cost(self, cost: Callable[[str], int]) -> int:
        """Return the maximum, over all admitted ids, of the sum of their characters' costs."""
        return longest_cost(self.tree, cost)

    def examples(self, count: int, avoid: Collection[str] = ()) -> tuple[str, ...]:
        """Return up to `count` distinct admitted ids outside `avoid`, fewer only if there are no more.

        They are the same on each call; where the pattern allows, the second extends the first.
        """
        return examples(self.tree, count, avoid)


def compile_pattern(source: str) -> IdPattern:
    """Return the pattern; raises PatternError, with the position, for anything outside the subset."""
    tree = parse(source)
    return IdPattern(source, tree, longest(tree))

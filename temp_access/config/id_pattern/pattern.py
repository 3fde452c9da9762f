"""IdPattern."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from temp_access.config.id_pattern.automaton import examples
from temp_access.config.id_pattern.parser import parse
from temp_access.config.id_pattern.tree import Chars, Choice, LiteralText, Node, Repeat, Sequence, longest, longest_cost


def whole_match(tree: Node, text: str) -> bool:
    """Return whether the tree covers the text from its start to its end."""
    return bool(_Matcher(text).ends(tree, starts=1) >> len(text) & 1)


class _Matcher:
    """One text; a set of places in it is an integer whose bit i stands for "after i characters"."""

    def __init__(self, text: str) -> None:
        self._places: dict[str, int] = {}
        for index, char in enumerate(text):
            self._places[char] = self._places.get(char, 0) | 1 << index
        self._class_places: dict[int, int] = {}

    def ends(self, node: Node, starts: int) -> int:
        """Return every place where the part can end, given those where it can start."""
        if not starts:
            return 0
        match node:
            case Chars():
                return (starts & self._places_of(node)) << 1
            case LiteralText(text):
                for char in text:
                    starts = (starts & self._places.get(char, 0)) << 1
                return starts
            case Sequence(parts):
                for part in parts:
                    starts = self.ends(part, starts)
                return starts
            case Choice(options):
                found = 0
                for option in options:
                    found |= self.ends(option, starts)
                return found
            case Repeat(part, least, most):
                return self._repeated_ends(part, least, most, starts)

    def _repeated_ends(self, part: Node, least: int, most: int, starts: int) -> int:
        for _ in range(least):
            starts = self.ends(part, starts)
        found = starts
        for _ in range(most - least):
            # A place that was reached before, in fewer rounds, has all it can lead to in `found` already.
            starts = self.ends(part, starts) & ~found
            if not starts:
                break
            found |= starts
        return found

    def _places_of(self, chars: Chars) -> int:
        # By identity: hashing the ranges for each round of a repetition would take most of the time.
        found = self._class_places.get(id(chars))
        if found is None:
            found = sum(places for char, places in self._places.items() if char in chars)
            self._class_places[id(chars)] = found
        return found


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

"""IdPattern: a compiled pattern, with matching in bounded time."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from temp_access.config.id_pattern.automaton import examples
from temp_access.config.id_pattern.parser import parse
from temp_access.config.id_pattern.tree import Chars, Choice, LiteralText, Node, Repeat, Sequence, longest, longest_cost


def whole_match(tree: Node, id_: str) -> bool:
    """Return whether the tree matches the whole id."""
    return bool(_Matcher(id_).ends(tree, starts=1) >> len(id_) & 1)


class _Matcher:
    """Matches one id; a set of positions in it is an integer, whose bit i is the position after i characters."""

    def __init__(self, id_: str) -> None:
        self._positions: dict[str, int] = {}
        for index, char in enumerate(id_):
            self._positions[char] = self._positions.get(char, 0) | 1 << index
        self._class_positions: dict[int, int] = {}

    def ends(self, node: Node, starts: int) -> int:
        """Return the positions where a part can end, if it starts at one of `starts`."""
        if not starts:
            return 0
        match node:
            case Chars():
                return (starts & self._positions_of(node)) << 1
            case LiteralText(literal):
                for char in literal:
                    starts = (starts & self._positions.get(char, 0)) << 1
                return starts
            case Sequence(parts):
                for part in parts:
                    starts = self.ends(part, starts)
                return starts
            case Choice(options):
                ends = 0
                for option in options:
                    ends |= self.ends(option, starts)
                return ends
            case Repeat(part, least, most):
                return self._repeated_ends(part, least, most, starts)

    def _repeated_ends(self, part: Node, least: int, most: int, starts: int) -> int:
        for _ in range(least):
            starts = self.ends(part, starts)
        ends = starts
        for _ in range(most - least):
            # A position that fewer repetitions reached leads to nothing new.
            starts = self.ends(part, starts) & ~ends
            if not starts:
                break
            ends |= starts
        return ends

    def _positions_of(self, chars: Chars) -> int:
        # By identity, because hashing the ranges in each repetition would take most of the time.
        positions = self._class_positions.get(id(chars))
        if positions is None:
            positions = sum(positions for char, positions in self._positions.items() if char in chars)
            self._class_positions[id(chars)] = positions
        return positions


@dataclass(frozen=True, slots=True)
class IdPattern:
    """A pattern as written, its syntax tree, and the length of the longest admitted id in characters."""

    source: str
    tree: Node
    longest: int

    def matches(self, id_: str) -> bool:
        """Return whether the pattern matches the whole id, in a time that depends on the pattern alone."""
        return len(id_) <= self.longest and whole_match(self.tree, id_)

    def longest_cost(self, cost: Callable[[str], int]) -> int:
        """Return the highest cost of an admitted id, which is the sum of its characters' costs."""
        return longest_cost(self.tree, cost)

    def examples(self, count: int, avoid: Collection[str] = ()) -> tuple[str, ...]:
        """Return `count` admitted ids that aren't in `avoid`, or all of them if there are fewer.

        The result is the same on each call. Where possible, the second id begins with the first.
        """
        return examples(self.tree, count, avoid)


def compile_pattern(source: str) -> IdPattern:
    """Return the compiled pattern; raises PatternError, with a position, for syntax outside the subset."""
    tree = parse(source)
    return IdPattern(source, tree, longest(tree))

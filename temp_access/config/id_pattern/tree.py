"""The syntax tree of a pattern and its measures, the characters of an id, and PatternError."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

Range: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LiteralText:
    """A literal of one character or more."""

    text: str


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a class: sorted, disjoint ranges with both ends included."""

    ranges: tuple[Range, ...]

    @classmethod
    def of(cls, ranges: Iterable[Range]) -> "Chars":
        """Return the class of some ranges; overlapping and adjacent ranges are joined."""
        joined: list[Range] = []
        for low, high in sorted(ranges):
            if joined and ord(low) <= ord(joined[-1][1]) + 1:
                joined[-1] = (joined[-1][0], max(joined[-1][1], high))
            else:
                joined.append((low, high))
        return cls(tuple(joined))

    def __contains__(self, char: str) -> bool:
        return any(low <= char <= high for low, high in self.ranges)

    def __iter__(self) -> Iterator[str]:
        for low, high in self.ranges:
            yield from map(chr, range(ord(low), ord(high) + 1))


@dataclass(frozen=True, slots=True)
class Sequence:
    """Two or more parts, one after the other."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of two or more alternatives."""

    options: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part, repeated `least` to `most` times (both included, `most` is at least 1)."""

    part: "Node"
    least: int
    most: int


Node: TypeAlias = LiteralText | Chars | Sequence | Choice | Repeat


class PatternError(ValueError):
    """Syntax outside the subset: the `position` (in characters, from 1), and the reason with what to write instead."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(position, reason)
        self.position = position
        self.reason = reason

    def __str__(self) -> str:
        return f"at character {self.position}: {self.reason}"


DIGITS = Chars((("0", "9"),))
WORD = Chars((("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")))


def rejection_reason(char: str) -> str | None:
    """Return why an id can't contain the character, None if it can.

    A session policy has U+0020 to U+00FF:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    if char == "/":
        return "'/' isn't allowed in an id, which is one path segment; write it in the folder template"
    if char < " " or "\x7f" <= char <= "\x9f":
        return f"the control character U+{ord(char):04X} isn't allowed in a session policy; remove it"
    if char > "\xff":
        return f"the character U+{ord(char):04X} isn't allowed in a session policy; use U+0020 to U+00FF"
    return None


def check_characters(source: str) -> None:
    """Raise PatternError at the first character that an id can't contain."""
    for position, char in enumerate(source, start=1):
        if reason := rejection_reason(char):
            raise PatternError(position, reason)


def example_order(char: str) -> tuple[int, str]:
    """Return a sort key for the characters of examples: letters first, then digits, then punctuation."""
    kinds = (("a", "z"), ("0", "9"), ("A", "Z"), ("-", "."), ("_", "_"), ("!", "~"))
    rank = next((rank for rank, (low, high) in enumerate(kinds) if low <= char <= high), len(kinds))
    return rank, char


def longest_cost(node: Node, cost: Callable[[str], int]) -> int:
    """Return the highest cost of a matching string, which is the sum of its characters' costs."""
    match node:
        case LiteralText(literal):
            return sum(map(cost, literal))
        case Chars():
            return max(map(cost, node))
        case Sequence(parts):
            return sum(longest_cost(part, cost) for part in parts)
        case Choice(options):
            return max(longest_cost(option, cost) for option in options)
        case Repeat(part, least, most):
            each = longest_cost(part, cost)
            return each * (most if each > 0 else least)


def longest(node: Node) -> int:
    """Return the length of the longest matching string, in characters."""
    return longest_cost(node, lambda _: 1)


def shortest(node: Node) -> int:
    """Return the length of the shortest matching string, in characters."""
    return -longest_cost(node, lambda _: -1)


def steps(node: Node) -> int:
    """Return the maximum number of matching steps: the size of the tree with its repetitions unrolled."""
    match node:
        case LiteralText(literal):
            return len(literal)
        case Chars():
            return 1
        case Sequence(children) | Choice(children):
            return 1 + sum(map(steps, children))
        case Repeat(part, _, most):
            return 1 + most * steps(part)

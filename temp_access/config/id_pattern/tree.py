"""Syntax tree and its measures, alphabet, PatternError."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

Range: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LiteralText:
    """Exactly this text, one character or more."""

    text: str


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of sorted, disjoint ranges, both ends included."""

    ranges: tuple[Range, ...]

    @classmethod
    def of(cls, ranges: Iterable[Range]) -> "Chars":
        """Return the class of all these ranges, overlapping and adjacent ones joined."""
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
    """Two parts or more, one after the other."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """Any one of two options or more."""

    options: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part `least` to `most` times (both included, `most` at least 1)."""

    part: "Node"
    least: int
    most: int


Node: TypeAlias = LiteralText | Chars | Sequence | Choice | Repeat


class PatternError(ValueError):
    """A pattern outside the subset: where (`position`, 1-based, in characters), why, and what to write."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(position, reason)
        self.position = position
        self.reason = reason

    def __str__(self) -> str:
        return f"at character {self.position}: {self.reason}"


DIGITS = Chars((("0", "9"),))
WORD = Chars((("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")))


def rejection_reason(char: str) -> str | None:
    """Return why an id can't hold the character, or None (sts:AssumeRole: a policy is U+0020..U+00FF)."""
    if char == "/":
        return "'/' isn't allowed in an id, which is one path segment; write it in the folder template"
    if char < " " or "\x7f" <= char <= "\x9f":
        return f"the control character U+{ord(char):04X} isn't allowed in a session policy; remove it"
    if char > "\xff":
        return f"the character U+{ord(char):04X} isn't allowed in a session policy; use U+0020 to U+00FF"
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


def longest_cost(node: Node, cost: Callable[[str], int]) -> int:
    """Return the maximum, over all admitted texts, of the sum of their characters' costs."""
    match node:
        case LiteralText(text):
            return sum(map(cost, text))
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
    """Return the length of the longest admitted text, in characters."""
    return longest_cost(node, lambda _: 1)


def shortest(node: Node) -> int:
    """Return the length of the shortest admitted text, in characters."""
    return -longest_cost(node, lambda _: -1)


def steps(node: Node) -> int:
    """Return how many steps matching takes at most: the tree's size with its repetitions unrolled."""
    match node:
        case LiteralText(text):
            return len(text)
        case Chars():
            return 1
        case Sequence(children) | Choice(children):
            return 1 + sum(map(steps, children))
        case Repeat(part, _, most):
            return 1 + most * steps(part)

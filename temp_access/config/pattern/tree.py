"""The parts that a pattern is made of; none of them admits nothing at all."""

from collections.abc import Iterable, Iterator
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

"""The pattern unrolled: one numbered position for each character that an id may take."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from temp_access.config.pattern.tree import Chars, Choice, LiteralText, Node, Repeat, Sequence


def bits(mask: int) -> Iterator[int]:
    """Return the indices of the bits that are set, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


class Fragment(NamedTuple):
    """Where a part can begin and end, as bits of positions, and whether it can be empty."""

    first: int
    last: int
    optional: bool


NOTHING = Fragment(0, 0, True)


class Positions:
    """The positions of a tree, from 0 (before anything is read) on; each leads to later ones only."""

    def __init__(self, tree: Node) -> None:
        self.holding: dict[str, int] = {}
        self.follow: list[int] = []
        start = self._new("")
        self.last = self._joined(start, self._piece(tree)).last

    def _new(self, chars: Iterable[str]) -> Fragment:
        bit = 1 << len(self.follow)
        self.follow.append(0)
        for char in chars:
            self.holding[char] = self.holding.get(char, 0) | bit
        return Fragment(bit, bit, False)

    def _piece(self, node: Node) -> Fragment:
        match node:
            case LiteralText(text):
                return self._in_order(self._new(char) for char in text)
            case Chars():
                return self._new(node)
            case Sequence(parts):
                return self._in_order(map(self._piece, parts))
            case Choice(options):
                firsts, lasts, optional = zip(*map(self._piece, options), strict=True)
                return Fragment(_union(firsts), _union(lasts), any(optional))
            case Repeat(part, least, most):
                copies = (self._piece(part) for _ in range(most))
                needed = (copy._replace(optional=copy.optional or n >= least) for n, copy in enumerate(copies))
                return self._in_order(needed)

    def _in_order(self, pieces: Iterable[Fragment]) -> Fragment:
        whole = NOTHING
        for piece in pieces:
            whole = self._joined(whole, piece)
        return whole

    def _joined(self, left: Fragment, right: Fragment) -> Fragment:
        for position in bits(left.last):
            self.follow[position] |= right.first
        return Fragment(
            left.first | (right.first if left.optional else 0),
            right.last | (left.last if right.optional else 0),
            left.optional and right.optional,
        )


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union

"""Position automaton: examples, inclusion."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from temp_access.config.id_pattern.tree import Chars, Choice, LiteralText, Node, Repeat, Sequence, readable


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


START = 1
# Some patterns have exponentially many states; a pair of examples isn't worth more time than this.
MAX_FORK_STATES = 1000


class Automaton:
    """States are sets of positions, as bits; what they lead to is worked out when asked for."""

    def __init__(self, tree: Node) -> None:
        positions = Positions(tree)
        self._last = positions.last
        self._follow = positions.follow
        self._holding = sorted(positions.holding.items(), key=lambda item: readable(item[0]))
        self._left = self._lengths_left()
        self._after: dict[int, dict[str, int]] = {}
        self._forks: dict[int, int] = {}

    def _lengths_left(self) -> list[int]:
        left = [0] * len(self._follow)
        for position in reversed(range(len(left))):
            left[position] = self._last >> position & 1
            for following in bits(self._follow[position]):
                left[position] |= left[following] << 1
        return left

    def after(self, state: int) -> dict[str, int]:
        """Return the state that each next character leads to, the plainest character first."""
        if state not in self._after:
            following = 0
            for position in bits(state):
                following |= self._follow[position]
            self._after[state] = {char: to for char, held in self._holding if (to := held & following)}
        return self._after[state]

    def lengths(self, state: int) -> int:
        """Return, as bits, in how many more characters an id can be complete."""
        lengths = 0
        for position in bits(state):
            lengths |= self._left[position]
        return lengths

    def branching_lengths(self, state: int) -> int:
        """Return, as bits, in how many more characters an id can be complete that a longer one extends."""
        if not self._forks:
            self._find_branching()
        return self._forks.get(state, 0)

    def _find_branching(self) -> None:
        found = {START: None}
        waiting = deque(found)
        while waiting and len(found) < MAX_FORK_STATES:
            fresh = [to for to in dict.fromkeys(self.after(waiting.popleft()).values()) if to not in found]
            found.update(dict.fromkeys(fresh))
            waiting.extend(fresh)
        # Positions lead to later ones only: so do the lowest of a state's positions, and this order suffices.
        for state in sorted(found, key=lambda state: state & -state, reverse=True):
            following = self.after(state).values()
            lengths = int(bool(state & self._last and following))
            for to in set(following):
                lengths |= self._forks.get(to, 0) << 1
            self._forks[state] = lengths

    def enumerate(self, state: int, reach: Callable[[int], int]) -> Iterator[tuple[str, int]]:
        """Return each text that leads where `reach` says, with its last state, the shortest first."""
        for length in bits(reach(state)):
            waiting = [("", state)]
            while waiting:
                text, at = waiting.pop()
                left = length - len(text)
                if not left:
                    yield text, at
                    continue
                for char, to in reversed(self.after(at).items()):
                    if reach(to) >> (left - 1) & 1:
                        waiting.append((text + char, to))


# Some pairs have exponentially many states; then it isn't told.
_MOST_PAIRS = 20_000


def is_subset(inner: Node, outer: Node) -> bool | None:
    """Return whether `outer` admits every id that `inner` does, None if that takes too long to find out."""
    inside, around = Automaton(inner), Automaton(outer)
    seen = {(START, START)}
    waiting = [(START, START)]
    while waiting:
        here, there = waiting.pop()
        if inside.lengths(here) & 1 and not around.lengths(there) & 1:
            return False
        beyond = around.after(there)
        for pair in {(to, beyond.get(char, 0)) for char, to in inside.after(here).items()} - seen:
            seen.add(pair)
            waiting.append(pair)
        if len(seen) > _MOST_PAIRS:
            return None
    return True


def examples(tree: Node, count: int, avoid: Collection[str]) -> tuple[str, ...]:
    """Return up to `count` admitted ids, first of all one and an extension of it, else the shortest."""
    if count < 1:
        return ()
    walk = Automaton(tree)
    avoided = frozenset(avoid)
    # A dict keeps the order, and each id once.
    chosen = dict.fromkeys(_prefix_pair(walk, avoided) if count > 1 else ())
    for text, _ in walk.enumerate(START, walk.lengths):
        if len(chosen) == count:
            break
        if text not in avoided:
            chosen[text] = None
    return tuple(chosen)


def _prefix_pair(walk: Automaton, avoided: frozenset[str]) -> tuple[str, ...]:
    for text, state in walk.enumerate(START, walk.branching_lengths):
        if text in avoided:
            continue
        for ending, _ in walk.enumerate(state, walk.lengths):
            if ending and text + ending not in avoided:
                return text, text + ending
    return ()

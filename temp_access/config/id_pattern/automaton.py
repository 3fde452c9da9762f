"""The position automaton of a pattern: examples of admitted ids, and whether one pattern includes another.

Sets of positions are integers, with one bit for each position.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from temp_access.config.id_pattern.tree import Chars, Choice, LiteralText, Node, Repeat, Sequence, example_order


def bits(mask: int) -> Iterator[int]:
    """Yield the indices of the set bits, the lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


class Fragment(NamedTuple):
    """The positions at which a part can begin and end, and whether it can be empty."""

    first: int
    last: int
    optional: bool


EMPTY = Fragment(0, 0, True)


class Positions:
    """The positions of a tree, from 0 (before the first character); each one leads to later ones only."""

    def __init__(self, tree: Node) -> None:
        self.holding: dict[str, int] = {}
        self.follow: list[int] = []
        start = self._new("")
        self.last = self._joined(start, self._fragment(tree)).last

    def _new(self, chars: Iterable[str]) -> Fragment:
        bit = 1 << len(self.follow)
        self.follow.append(0)
        for char in chars:
            self.holding[char] = self.holding.get(char, 0) | bit
        return Fragment(bit, bit, False)

    def _fragment(self, node: Node) -> Fragment:
        match node:
            case LiteralText(literal):
                return self._in_order(self._new(char) for char in literal)
            case Chars():
                return self._new(node)
            case Sequence(parts):
                return self._in_order(map(self._fragment, parts))
            case Choice(options):
                firsts, lasts, optional = zip(*map(self._fragment, options), strict=True)
                return Fragment(_union(firsts), _union(lasts), any(optional))
            case Repeat(part, least, most):
                copies = (self._fragment(part) for _ in range(most))
                fragments = (copy._replace(optional=copy.optional or n >= least) for n, copy in enumerate(copies))
                return self._in_order(fragments)

    def _in_order(self, fragments: Iterable[Fragment]) -> Fragment:
        whole = EMPTY
        for fragment in fragments:
            whole = self._joined(whole, fragment)
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
# Some patterns have exponentially many states; a pair of examples isn't worth more time.
MAX_BRANCHING_STATES = 1000


class Automaton:
    """A deterministic automaton whose states are sets of positions; transitions are computed on demand."""

    def __init__(self, tree: Node) -> None:
        positions = Positions(tree)
        self._last = positions.last
        self._follow = positions.follow
        self._holding = sorted(positions.holding.items(), key=lambda item: example_order(item[0]))
        self._left = self._lengths_left()
        self._after: dict[int, dict[str, int]] = {}
        self._branching: dict[int, int] = {}

    def _lengths_left(self) -> list[int]:
        left = [0] * len(self._follow)
        for position in reversed(range(len(left))):
            left[position] = self._last >> position & 1
            for following in bits(self._follow[position]):
                left[position] |= left[following] << 1
        return left

    def after(self, state: int) -> dict[str, int]:
        """Return the next state for each character, in the order of examples."""
        if state not in self._after:
            following = 0
            for position in bits(state):
                following |= self._follow[position]
            self._after[state] = {char: to for char, positions in self._holding if (to := positions & following)}
        return self._after[state]

    def lengths(self, state: int) -> int:
        """Return the numbers of characters, as bits, after which an id can be complete."""
        lengths = 0
        for position in bits(state):
            lengths |= self._left[position]
        return lengths

    def branching_lengths(self, state: int) -> int:
        """Return the numbers of characters, as bits, after which an id can be complete and also continue."""
        if not self._branching:
            self._find_branching()
        return self._branching.get(state, 0)

    def _find_branching(self) -> None:
        states = {START: None}
        waiting = deque(states)
        while waiting and len(states) < MAX_BRANCHING_STATES:
            new = [to for to in dict.fromkeys(self.after(waiting.popleft()).values()) if to not in states]
            states.update(dict.fromkeys(new))
            waiting.extend(new)
        # Positions lead to later ones only, so in descending order of its lowest position, a state follows its targets.
        for state in sorted(states, key=lambda state: state & -state, reverse=True):
            following = self.after(state).values()
            lengths = int(bool(state & self._last and following))
            for to in set(following):
                lengths |= self._branching.get(to, 0) << 1
            self._branching[state] = lengths

    def enumerate(self, state: int, reach: Callable[[int], int]) -> Iterator[tuple[str, int]]:
        """Yield each string that can reach its end from `state`, with its last state, the shortest first.

        `reach` returns the remaining lengths for a state, as bits.
        """
        for length in bits(reach(state)):
            waiting = [("", state)]
            while waiting:
                prefix, current = waiting.pop()
                remaining = length - len(prefix)
                if not remaining:
                    yield prefix, current
                    continue
                for char, to in reversed(self.after(current).items()):
                    if reach(to) >> (remaining - 1) & 1:
                        waiting.append((prefix + char, to))


# Some pairs of patterns have exponentially many states; the search then gives up.
_MAX_PAIRS = 20_000


def is_subset(inner: Node, outer: Node) -> bool | None:
    """Return whether `outer` admits every id that `inner` admits, None if the search takes too long."""
    inner_automaton, outer_automaton = Automaton(inner), Automaton(outer)
    seen = {(START, START)}
    waiting = [(START, START)]
    while waiting:
        inner_state, outer_state = waiting.pop()
        if inner_automaton.lengths(inner_state) & 1 and not outer_automaton.lengths(outer_state) & 1:
            return False
        outer_after = outer_automaton.after(outer_state)
        for pair in {(to, outer_after.get(char, 0)) for char, to in inner_automaton.after(inner_state).items()} - seen:
            seen.add(pair)
            waiting.append(pair)
        if len(seen) > _MAX_PAIRS:
            return None
    return True


def examples(tree: Node, count: int, avoid: Collection[str]) -> tuple[str, ...]:
    """Return up to `count` admitted ids outside `avoid`: first an id and an extension of it, then the shortest."""
    if count < 1:
        return ()
    automaton = Automaton(tree)
    avoided = frozenset(avoid)
    # A dict keeps the order, and each id once.
    chosen = dict.fromkeys(_prefix_pair(automaton, avoided) if count > 1 else ())
    for id_, _ in automaton.enumerate(START, automaton.lengths):
        if len(chosen) == count:
            break
        if id_ not in avoided:
            chosen[id_] = None
    return tuple(chosen)


def _prefix_pair(automaton: Automaton, avoided: frozenset[str]) -> tuple[str, ...]:
    for id_, state in automaton.enumerate(START, automaton.branching_lengths):
        if id_ in avoided:
            continue
        for ending, _ in automaton.enumerate(state, automaton.lengths):
            if ending and id_ + ending not in avoided:
                return id_, id_ + ending
    return ()

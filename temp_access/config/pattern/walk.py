"""The ids of a pattern, spelled character by character without a dead end."""

from collections import deque
from collections.abc import Callable, Iterator

from temp_access.config.pattern.alphabet import readable
from temp_access.config.pattern.positions import Positions, bits
from temp_access.config.pattern.tree import Node

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

"""Whether one pattern admits all that another admits."""

from temp_access.config.pattern.tree import Node
from temp_access.config.pattern.walk import START, Automaton

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

"""Ids that a pattern admits, for probes and reports."""

from collections.abc import Collection

from temp_access.config.pattern.tree import Node
from temp_access.config.pattern.walk import START, Automaton


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

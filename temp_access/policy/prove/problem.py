"""One question to the solver: is there a request, of this shape and by this caller, that refutes a claim?"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from temp_access.policy.evaluate import PolicySet
from temp_access.policy.prove.asked import SymbolicRequest
from temp_access.policy.prove.callers import SymbolicCaller
from temp_access.policy.prove.claim import Witness
from temp_access.policy.prove.solver import Formula, Solver, StringTerm

# The policies that count, for a session's folder; True: with policies that aren't at hand allowing everything.
LayersFor = Callable[[str, bool], PolicySet]


@dataclass(frozen=True)
class Query:
    """A request that is allowed (or, if not `wanted`, refused) by `layers`, and refused by `before` if that is given.

    `unknown` and `unknown_before` name the policies of each whose documents aren't at hand.
    `preferred` are formulas that make a witness easier to read, the best first; they decide nothing else.
    `words` says what a witness shows.
    """

    layers: LayersFor
    caller: SymbolicCaller
    asked: SymbolicRequest
    words: Callable[[Witness], str]
    matching: bool = True
    before: LayersFor | None = None
    folder: StringTerm | None = None
    unknown: frozenset[str] = frozenset()
    unknown_before: frozenset[str] = frozenset()
    rules: tuple[Formula, ...] = ()
    preferences: tuple[Formula, ...] = ()
    names: Mapping[str, StringTerm] = field(default_factory=dict)


# Makes the problem, for any folder (None) or one of these: what it needs is made anew with each solver.
QueryFactory = Callable[[Solver, str | None], Query]


class Deadline:
    """A point in time that a claim must be decided by."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float | None = None) -> float:
        """Return the seconds that are left, at most `most`; never less than 0."""
        left = max(0.0, self._end - time.monotonic())
        return left if most is None else min(left, most)

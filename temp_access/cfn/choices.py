"""Computations that make choices, and all of their outcomes."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

_Outcome = TypeVar("_Outcome")


class ImpossibleChoice(Exception):
    """The choices made so far contradict each other, or lead to a template that can't be deployed."""


class Choices:
    """The choices of one computation: those that are prescribed, and then the first option of each further one.

    While `pinned`, the first option is chosen without an alternative.
    """

    def __init__(self, prescribed: Sequence[int] = ()) -> None:
        self.pinned = False
        self.made: list[tuple[int, int]] = []
        self._prescribed = prescribed

    def choose(self, options: int) -> int:
        """Return the index of the chosen option; raises ImpossibleChoice if there is none."""
        if options == 0:
            raise ImpossibleChoice
        if self.pinned or options == 1:
            return 0
        position = len(self.made)
        chosen = self._prescribed[position] if position < len(self._prescribed) else 0
        self.made.append((chosen, options))
        return chosen


def all_outcomes(compute: Callable[[Choices], _Outcome], limit: int) -> tuple[list[_Outcome], bool]:
    """Return the outcomes of `compute` for every combination of its choices, and whether these are all.

    `compute` must make the same choices whenever the choices before them are the same. After `limit` combinations
    the rest is left out.
    """
    outcomes: list[_Outcome] = []
    prescribed: list[int] = []
    for _ in range(limit):
        choices = Choices(prescribed)
        with suppress(ImpossibleChoice):
            outcomes.append(compute(choices))
        made = choices.made
        while made and made[-1][0] + 1 == made[-1][1]:
            made.pop()
        if not made:
            return outcomes, True
        prescribed = [chosen for chosen, _ in made]
        prescribed[-1] += 1
    return outcomes, False

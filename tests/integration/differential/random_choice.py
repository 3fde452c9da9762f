"""Choices from one seeded source of randomness."""

from random import Random
from typing import Any


class Choice:
    """Makes choices."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - not a secret

    def of(self, *values: Any) -> Any:
        """Return one of the values; one that is given twice is twice as likely."""
        return self._random.choice(values)

    def some(self, values: tuple[str, ...]) -> Any:
        """Return one value, or a list of two or three."""
        picked = self._random.sample(values, min(self.of(1, 1, 1, 2, 2, 3), len(values)))
        return picked[0] if len(picked) == 1 else picked

    def number(self, least: int, most: int) -> int:
        """Return a number, bounds included."""
        return self._random.randint(least, most)

    def chance(self, probability: float) -> bool:
        """Return True so often."""
        return self._random.random() < probability

    def shuffled(self, values: list[Any]) -> list[Any]:
        """Return the values in another order."""
        return self._random.sample(values, len(values))

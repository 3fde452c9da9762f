"""Random choices that a seed reproduces."""

from random import Random
from typing import Any


class RandomChoice:
    """Random choices from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - not a secret

    def one_of(self, *values: Any) -> Any:
        """Return one of the values; a value that is passed twice is twice as likely."""
        return self._random.choice(values)

    def one_or_more(self, values: tuple[str, ...]) -> Any:
        """Return one value, or a list of two or three."""
        sample = self._random.sample(values, min(self.one_of(1, 1, 1, 2, 2, 3), len(values)))
        return sample[0] if len(sample) == 1 else sample

    def integer(self, minimum: int, maximum: int) -> int:
        """Return an integer from `minimum` to `maximum`, both included."""
        return self._random.randint(minimum, maximum)

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self._random.random() < probability

    def shuffled(self, values: list[Any]) -> list[Any]:
        """Return the values in random order."""
        return self._random.sample(values, len(values))

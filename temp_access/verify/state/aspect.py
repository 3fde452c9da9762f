"""One aspect of the state, and how it is compared."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DriftCheck(Generic[T]):
    """A title that holds when there is no difference, and what yields a line for each difference.

    `compare` takes what is expected and what is deployed, in this order.
    """

    title: str
    compare: Callable[[T, T], Iterable[str]]

"""One comparison of the deployed state with the template's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DriftCheck(Generic[T]):
    """A title that is true without drift, and the comparison of expected and deployed state, a line a difference.

    In the title, `{name}` stands for the name of the user, role or provider.
    """

    title: str
    compare: Callable[[T, T], Iterable[str]]

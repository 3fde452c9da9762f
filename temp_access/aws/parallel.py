"""Calls for many resources at the same time, without being throttled for it."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
# With hundreds of roles one after the other takes minutes; IAM throttles more at a time.
_AT_ONCE = 8


def in_parallel(do: Callable[[T], R], values: Collection[T]) -> list[R]:
    """Return the results in the order of the values; raises the first error after all have ended."""
    if len(values) == 1:
        return [do(value) for value in values]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(do, values))

"""Patterns for what two patterns have in common: what is allowed by one and denied by another shows only there."""

import itertools
from collections.abc import Callable, Iterable, Iterator

_MAX_PATTERNS, _MAX_OVERLAPS = 24, 32


def overlaps(patterns: Iterable[str], *, ignore_case: bool = False) -> list[str]:
    """Return a pattern for each two that have texts in common, unless one contains the other; of many, some."""
    wild = [each for each in dict.fromkeys(patterns) if "*" in each and "?" not in each and "${" not in each]
    pairs = itertools.combinations(wild[:_MAX_PATTERNS], 2)
    found = (each for one, other in pairs for each in _common(one, other, ignore_case))
    return list(itertools.islice(dict.fromkeys(found), _MAX_OVERLAPS))


def _common(one: str, other: str, ignore_case: bool) -> Iterator[str]:
    """Yield a pattern of texts that match both, first with the inner texts of `one` in front."""
    (start, *inner, end), (other_start, *other_inner, other_end) = one.split("*"), other.split("*")
    head = _longer(start, other_start, str.startswith, ignore_case)
    tail = _longer(end, other_end, str.endswith, ignore_case)
    if head is None or tail is None:
        return
    merged = "*".join([head, *filter(None, [*inner, *other_inner]), tail])
    if merged.lower() not in (one.lower(), other.lower()):
        yield merged


def _longer(one: str, other: str, includes: Callable[[str, str], bool], ignore_case: bool) -> str | None:
    """Return the text that begins or ends with the other one, None if neither does."""
    left, right = (one.lower(), other.lower()) if ignore_case else (one, other)
    return one if includes(left, right) else other if includes(right, left) else None

"""Which other grant's folder each grant is probed against: one each, so that probes stay linear."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from temp_access.config.model import Grant


def neighbours(grants: Iterable[Grant]) -> Mapping[str, Grant]:
    """Return for each grant's id the likeliest grant to leak to, if there is one outside its folder.

    That is the next or the previous folder by name, whichever begins more like it: `bob` and
    `bobby` are each other's.
    """
    ordered = sorted(grants, key=lambda grant: grant.folder)
    found = {}
    for index, grant in enumerate(ordered):
        nearest = [other for step in (1, -1) if (other := _first_apart(ordered, index, step))]
        if nearest:
            found[grant.id] = max(nearest, key=lambda other: _alike(grant.folder, other.folder))
    return found


def _first_apart(ordered: Sequence[Grant], index: int, step: int) -> Grant | None:
    # Shared folders lie in one another; look past them, but not through thousands.
    others = (ordered[(index + step * distance) % len(ordered)] for distance in range(1, 9))
    return next((other for other in others if not _meet(ordered[index].folder, other.folder)), None)


def _alike(one: str, other: str) -> int:
    """Return how many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _meet(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")

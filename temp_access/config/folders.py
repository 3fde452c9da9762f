"""Folder overlap and look-alike folders: the one copy."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, takewhile

from temp_access.config.model import Grant, IdPatternGrant


def overlaps(grants: Iterable[Grant]) -> list[tuple[Grant, Grant]]:
    """Return every (outer, inner) pair in which the inner folder is the outer's or lies in it.

    An inner folder is paired with the nearest folder around it only, so the list stays linear.
    """
    found = []
    around: list[Grant] = []
    for grant in sorted(grants, key=lambda grant: (grant.folder.split("/"), grant.id)):
        while around and not _contains(around[-1].folder, grant.folder):
            around.pop()
        if around:
            found.append((around[-1], grant))
        around.append(grant)
    return found


def _contains(outer: str, inner: str) -> bool:
    return f"{inner}/".startswith(f"{outer}/")


def any_id_conflicts(any_id: IdPatternGrant, grants: Mapping[str, Grant]) -> list[tuple[Grant, str | None]]:
    """Return each grant whose folder meets one that `any_id` gives, with the id (None: every id's).

    Exact, because an id holds no '/': two folders of the template are equal in the id's part only
    for equal ids, so admitted ids never meet each other, and a listed folder can meet at most the
    one id that its own part in that place spells.
    """
    parts = any_id.folder.split("/")
    place = next(index for index, part in enumerate(parts) if "{id}" in part)
    before, after = parts[place].split("{id}")
    found: list[tuple[Grant, str | None]] = []
    for grant in grants.values():
        theirs = grant.folder.split("/")
        shared = min(len(parts), len(theirs))
        if any(parts[i] != theirs[i] for i in range(shared) if i != place):
            continue
        if len(theirs) <= place:
            found.append((grant, None))
            continue
        part = theirs[place]
        if len(part) < len(before) + len(after) or not (part.startswith(before) and part.endswith(after)):
            continue
        id_ = part[len(before) : len(part) - len(after)]
        if any_id.admits(id_, grants):
            found.append((grant, id_))
    return found


_MOST = 3


def confusable_folders(grants: Mapping[str, Grant], modes: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return a few pairs of a folder with one of `modes` and another's, likeliest first."""
    wanted = set(modes)
    folders = sorted({grant.folder for grant in grants.values()})
    own = {grant.folder for grant in grants.values() if grant.access in wanted}
    pairs = [(one, other) for one, other in pairwise(folders) if one in own]
    pairs += [(other, one) for one, other in pairwise(folders) if other in own]
    apart = [(one, other) for one, other in pairs if not f"{other}/".startswith(f"{one}/")]
    return tuple(sorted(apart, key=lambda pair: not pair[1].startswith(pair[0]))[:_MOST])


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

"""Folders of grants: which ones overlap, and which ones are easily confused."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, takewhile

from temp_access.config.model import Grant, IdPatternGrant

_MAX_PAIRS = 3
# How many folders, in each direction, are searched for one outside a grant's own.
_MAX_DISTANCE = 8


def overlaps(grants: Iterable[Grant]) -> list[tuple[Grant, Grant]]:
    """Return each pair of an outer and an inner grant whose folders are equal, or one inside the other.

    An inner folder is paired only with the nearest folder around it, so the list is linear in the grants.
    """
    pairs = []
    enclosing: list[Grant] = []
    for grant in sorted(grants, key=lambda grant: (grant.folder.split("/"), grant.id)):
        while enclosing and not _contains(enclosing[-1].folder, grant.folder):
            enclosing.pop()
        if enclosing:
            pairs.append((enclosing[-1], grant))
        enclosing.append(grant)
    return pairs


def any_id_conflicts(any_id: IdPatternGrant, grants: Mapping[str, Grant]) -> list[tuple[Grant, str | None]]:
    """Return each grant whose folder overlaps with one of `any_id`, and the id of that folder (None: every id).

    The result is exact. An id has no '/', so the folders of two admitted ids never overlap, and a listed folder
    overlaps with the folder of at most one id: the one in the same path segment.
    """
    segments = any_id.folder.split("/")
    id_index = next(index for index, segment in enumerate(segments) if "{id}" in segment)
    prefix, suffix = segments[id_index].split("{id}")
    conflicts: list[tuple[Grant, str | None]] = []
    for grant in grants.values():
        listed = grant.folder.split("/")
        common = min(len(segments), len(listed))
        if any(segments[index] != listed[index] for index in range(common) if index != id_index):
            continue
        if len(listed) <= id_index:
            conflicts.append((grant, None))
            continue
        segment = listed[id_index]
        if len(segment) < len(prefix) + len(suffix) or not (segment.startswith(prefix) and segment.endswith(suffix)):
            continue
        id_ = segment[len(prefix) : len(segment) - len(suffix)]
        if any_id.admits(id_, grants):
            conflicts.append((grant, id_))
    return conflicts


def confusable_folders(
    grants: Mapping[str, Grant], accesses: Iterable[tuple[str, tuple[str, ...]]]
) -> tuple[tuple[str, str], ...]:
    """Return a few pairs of a folder with one of `accesses` and a folder outside it, the most similar ones first.

    An access is a mode with extras.
    """
    chosen = frozenset(accesses)
    folders = sorted({grant.folder for grant in grants.values()})
    candidates = {grant.folder for grant in grants.values() if (grant.access, grant.extras) in chosen}
    pairs = [(folder, other) for folder, other in pairwise(folders) if folder in candidates]
    pairs += [(folder, other) for other, folder in pairwise(folders) if folder in candidates]
    outside = [(folder, other) for folder, other in pairs if not _contains(folder, other)]
    return tuple(sorted(outside, key=lambda pair: not pair[1].startswith(pair[0]))[:_MAX_PAIRS])


def neighbours(grants: Iterable[Grant]) -> Mapping[str, Grant]:
    """Return, by grant id, the grant whose folder is most likely confused with the grant's own, and doesn't overlap it.

    That is the next or the previous folder by name, whichever has the longer common prefix: `bob` and `bobby` are
    neighbours of each other.
    """
    ordered = sorted(grants, key=lambda grant: grant.folder)
    nearest = {}
    for index, grant in enumerate(ordered):
        candidates = [other for step in (1, -1) if (other := _first_outside(ordered, index, step))]
        if candidates:
            nearest[grant.id] = max(candidates, key=lambda other: _common_prefix_length(grant.folder, other.folder))
    return nearest


def _first_outside(ordered: Sequence[Grant], index: int, step: int) -> Grant | None:
    # Shared folders overlap; there may be thousands of them.
    others = (ordered[(index + step * distance) % len(ordered)] for distance in range(1, _MAX_DISTANCE + 1))
    return next((other for other in others if not _overlap(ordered[index].folder, other.folder)), None)


def _common_prefix_length(folder: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(folder, other, strict=False)))


def _contains(outer: str, inner: str) -> bool:
    return f"{inner}/".startswith(f"{outer}/")


def _overlap(folder: str, other: str) -> bool:
    return _contains(folder, other) or _contains(other, folder)

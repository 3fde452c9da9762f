"""Which folders lie in one another, decided exactly."""

from collections.abc import Callable, Iterable

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


def any_id_conflicts(
    any_id: IdPatternGrant, grants: Iterable[Grant], admits: Callable[[str], bool]
) -> list[tuple[Grant, str | None]]:
    """Return each grant whose folder meets one that `any_id` gives, with the id (None: every id's).

    Exact, because an id holds no '/': two folders of the template are equal in the id's part only
    for equal ids, so admitted ids never meet each other, and a listed folder can meet at most the
    one id that its own part in that place spells. `admits` says whether an unlisted id is admitted.
    """
    parts = any_id.folder.split("/")
    place = next(index for index, part in enumerate(parts) if "{id}" in part)
    before, after = parts[place].split("{id}")
    found: list[tuple[Grant, str | None]] = []
    for grant in grants:
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
        if admits(id_):
            found.append((grant, id_))
    return found

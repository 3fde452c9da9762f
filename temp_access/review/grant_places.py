"""The lines of access.toml that say what a grant is."""

from temp_access.config.model import Grant
from temp_access.config.table import key_path
from temp_access.review.place import SourceLocation
from temp_access.review.places import locate_key, locate_type
from temp_access.review.side import Snapshot

_SAID = ("access", "folder")


def table_path(side: Snapshot, id_: str) -> str:
    """Return the path of the table that serves `id_` on `side`."""
    return key_path("grants", id_) if id_ in side.config.grants else "any_id"


def table_place(side: Snapshot, id_: str) -> SourceLocation:
    """Return the line where the table of a grant begins."""
    return locate_key(side, table_path(side, id_)) or locate_type(side, "AWS::IAM::Role")


def changed_places(
    base: Snapshot, head: Snapshot, id_: str, grants: tuple[Grant, Grant], *keys: str
) -> tuple[SourceLocation, ...]:
    """Return the line of each of `keys` that differs: head's, else base's; of the table if none is written."""
    before, after = grants
    names = [key for key in keys or _SAID if _written(base, id_, key) or _written(head, id_, key)]
    differing = [key for key in names if getattr(before, key) != getattr(after, key)]
    found = tuple(
        place for key in differing or names if (place := _written(head, id_, key) or _written(base, id_, key))
    )
    return found or (table_place(head, id_),)


def _written(side: Snapshot, id_: str, key: str) -> SourceLocation | None:
    return locate_key(side, f"{table_path(side, id_)}.{key}")

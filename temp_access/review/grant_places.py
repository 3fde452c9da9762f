"""The lines of access.toml that say what a grant is."""

from temp_access.config.model import Grant
from temp_access.config.table import key_path
from temp_access.review.place import Place
from temp_access.review.places import line, of_kind
from temp_access.review.side import Side

_SAID = ("access", "folder")


def table_path(side: Side, id_: str) -> str:
    """Return the path of the table that serves `id_` on `side`."""
    return key_path("grants", id_) if id_ in side.config.grants else "any_id"


def table_place(side: Side, id_: str) -> Place:
    """Return the line where the table of a grant begins."""
    return line(side, table_path(side, id_)) or of_kind(side, "AWS::IAM::Role")


def changed_places(base: Side, head: Side, id_: str, grants: tuple[Grant, Grant], *keys: str) -> tuple[Place, ...]:
    """Return the line of each of `keys` that differs: head's, else base's; of the table if none is written."""
    before, after = grants
    names = [key for key in keys or _SAID if _written(base, id_, key) or _written(head, id_, key)]
    differing = [key for key in names if getattr(before, key) != getattr(after, key)]
    found = tuple(
        place for key in differing or names if (place := _written(head, id_, key) or _written(base, id_, key))
    )
    return found or (table_place(head, id_),)


def _written(side: Side, id_: str, key: str) -> Place | None:
    return line(side, f"{table_path(side, id_)}.{key}")

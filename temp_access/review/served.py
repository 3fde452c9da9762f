"""Which grant an id has on a side, listed or by `[any_id]`."""

from collections.abc import Iterator

from temp_access.config.grants import admits
from temp_access.config.model import Grant
from temp_access.review.side import Snapshot

UNLISTED = "any other id"


def grant_pairs(base: Snapshot, head: Snapshot) -> Iterator[tuple[str, Grant | None, Grant | None]]:
    """Yield each listed id of either side and the unlisted ones as one, with base's and head's grant."""
    for id_ in dict.fromkeys([*head.config.grants, *base.config.grants]):
        yield id_, grant_on(base, id_), grant_on(head, id_)
    before, after = base.config.any_id, head.config.any_id
    if some := after or before:
        # An id that head admits, so that what is said of it is so.
        id_ = (*some.pattern.examples(1), "example")[0]
        yield UNLISTED, before.grant(id_) if before else None, after.grant(id_) if after else None


def grant_on(side: Snapshot, id_: str) -> Grant | None:
    """Return the grant that `id_` has on `side`, None for an id that isn't admitted."""
    any_id = side.config.any_id
    listed = side.config.grants.get(id_)
    return listed or (any_id.grant(id_) if any_id and admits(any_id, side.config.grants, id_) else None)


def folder_of(side: Snapshot, id_: str, grant: Grant) -> str:
    """Return the grant's folder with its slash, for unlisted ids as `[any_id]` writes it."""
    any_id = side.config.any_id
    return f"{any_id.folder if any_id and id_ == UNLISTED else grant.folder}/"

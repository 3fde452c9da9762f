"""Which other grant's folder each grant is probed against: one each, so that probes stay linear."""

from collections.abc import Iterable, Mapping

from temp_access.config.model import Grant


def neighbours(grants: Iterable[Grant]) -> Mapping[str, Grant]:
    """Return for each grant's id the likeliest grant to leak to, if there is one outside its folder.

    That is the next folder by name: `bobby` comes straight after `bob`, if anything begins with it.
    """
    ordered = sorted(grants, key=lambda grant: grant.folder)
    found = {}
    for index, grant in enumerate(ordered):
        # Shared folders lie in one another; look past them, but not through thousands.
        for step in (*range(1, 9), *range(-1, -9, -1)):
            other = ordered[(index + step) % len(ordered)]
            if not _meet(grant.folder, other.folder):
                found[grant.id] = other
                break
    return found


def _meet(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")

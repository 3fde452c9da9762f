"""The listed folders that are the likeliest to be mixed up: one's name begins with the other's."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from temp_access.config.model import Grant

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

"""Changes that say the same of many subjects, together: what many grants have in common is one thing to read."""

import re
from collections.abc import Iterable

from temp_access.review.model import Change, Direction


def group_identical(changes: Iterable[Change]) -> list[list[Change]]:
    """Return the changes grouped by what they say but for the names, what a reader has to see first."""
    groups: dict[tuple[Direction, str, str], list[Change]] = {}
    for change in changes:
        key = (change.direction, _nameless(change.text, change), _nameless(change.cause.text, change))
        groups.setdefault(key, []).append(change)
    return sorted(groups.values(), key=lambda group: _rank(group[0]))


def _nameless(text: str, change: Change) -> str:
    for mark, name in (("\0", change.target), ("\1", change.subject)):
        if name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", mark, text)
    return text


def _rank(change: Change) -> tuple[bool, bool]:
    # Many grants mustn't hide that somebody else may assume the role.
    of_grant = any((place.key or "").startswith("grants.") for place in change.cause.places)
    return (change.direction is Direction.NARROWED, of_grant)

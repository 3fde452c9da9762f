"""What a review says: each change, what causes it, and where that comes from."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from temp_access.cfn.source_location import SourceLocation


class Direction(StrEnum):
    """Whether access grew, shrank, did both (or can't be told), or stayed."""

    BROADENED = "broadened"
    NARROWED = "narrowed"
    BOTH = "both"
    UNCHANGED = "unchanged"


HEADLINES = {
    Direction.BROADENED: "Access is broadened",
    Direction.NARROWED: "Access is narrowed",
    Direction.BOTH: "Access is broadened and narrowed",
    Direction.UNCHANGED: "Access is unchanged",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """The statement or setting that causes a change, in words, and where it is written."""

    text: str
    places: tuple[SourceLocation, ...]

    @property
    def where(self) -> str:
        """All places in words."""
        return " and ".join(map(str, self.places))


@dataclass(frozen=True, slots=True)
class Change:
    """One change for one subject; `target` is the folder or thing that a picture shows, if there is one."""

    subject: str
    direction: Direction
    text: str
    cause: Cause
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """All changes, those of one subject together."""

    changes: tuple[Change, ...]

    @property
    def headline(self) -> Direction:
        """Return the sum of all changes' directions."""
        return total(change.direction for change in self.changes)


def total(directions: Iterable[Direction]) -> Direction:
    """Return what several directions are together."""
    found = set(directions) - {Direction.UNCHANGED}
    if len(found) > 1:
        return Direction.BOTH
    return found.pop() if found else Direction.UNCHANGED

"""The model of a review: each change of access, its cause and where the cause is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from temp_access.cfn.source_location import SourceLocation


class Direction(StrEnum):
    """The direction in which access changed; BOTH if it was broadened and narrowed, or if it is unknown."""

    BROADENED = "broadened"
    NARROWED = "narrowed"
    BOTH = "both"
    UNCHANGED = "unchanged"


DIRECTION_NAMES = {direction: str(direction) for direction in Direction} | {Direction.BOTH: "broadened and narrowed"}
HEADLINES = {direction: f"Access is {name}" for direction, name in DIRECTION_NAMES.items()}


@dataclass(frozen=True, slots=True)
class Cause:
    """The statement or setting that causes a change, and where it is written."""

    description: str
    locations: tuple[SourceLocation, ...]

    @property
    def where(self) -> str:
        """All locations, as text."""
        return " and ".join(map(str, self.locations))


@dataclass(frozen=True, slots=True)
class Change:
    """One change for one subject; `target` is the folder or resource in the access map, None for a setting."""

    subject: str
    direction: Direction
    description: str
    cause: Cause
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """All changes, grouped by subject."""

    changes: tuple[Change, ...]

    @property
    def headline(self) -> Direction:
        """The combined direction of all changes."""
        return combine_directions(change.direction for change in self.changes)


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural if there isn't exactly one."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def combine_directions(directions: Iterable[Direction]) -> Direction:
    """Return the direction of several changes together."""
    distinct = set(directions) - {Direction.UNCHANGED}
    if len(distinct) > 1:
        return Direction.BOTH
    return distinct.pop() if distinct else Direction.UNCHANGED

"""The model of a review: each change of access with its cause, and what the review couldn't tell."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from temp_access.cfn.source_location import SourceLocation


class Direction(StrEnum):
    """The direction in which access changed; BOTH if it was broadened and narrowed, or in a way that is unknown.

    UNKNOWN is a headline only: nothing is known to be broadened, and the review can't tell about something.
    """

    BROADENED = "broadened"
    NARROWED = "narrowed"
    BOTH = "both"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"


DIRECTION_NAMES = {direction: str(direction) for direction in Direction} | {Direction.BOTH: "broadened and narrowed"}
HEADLINES = {direction: f"Access is {name}" for direction, name in DIRECTION_NAMES.items()} | {
    Direction.UNKNOWN: "The review can't tell whether access is broadened"
}


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
class Unknown:
    """Something that could change access and that the review couldn't read or decide, in words, e.g.
    `the document of arn:… isn't known`, and where it is written.
    """

    description: str
    locations: tuple[SourceLocation, ...] = ()

    @property
    def where(self) -> str:
        """All locations, as text."""
        return " and ".join(map(str, self.locations))


@dataclass(frozen=True, slots=True)
class Review:
    """All changes, grouped by subject, what the review can't tell, and what isn't read but is the same on both sides.

    `same_unread` doesn't count for the headline.
    """

    changes: tuple[Change, ...]
    unknown: tuple[Unknown, ...] = ()
    same_unread: tuple[str, ...] = ()

    @property
    def headline(self) -> Direction:
        """The combined direction of all changes, UNKNOWN if none is known to broaden access and one may."""
        direction = combine_directions(change.direction for change in self.changes)
        return Direction.UNKNOWN if self.unknown and not broadens(direction) else direction


def broadens(direction: Direction) -> bool:
    """Whether access is known to be broadened, at least in part."""
    return direction in (Direction.BROADENED, Direction.BOTH)


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural if there isn't exactly one."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def combine_directions(directions: Iterable[Direction]) -> Direction:
    """Return the direction of several changes together."""
    distinct = set(directions) - {Direction.UNCHANGED}
    if len(distinct) > 1:
        return Direction.BOTH
    return distinct.pop() if distinct else Direction.UNCHANGED

"""What an explanation of an error code consists of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorCause:
    """One likely cause: what it is, how to tell it from the others, and what puts it right."""

    what: str
    how_to_tell: str
    fix: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an error code means, its likely causes with the likeliest first, and the source of it."""

    code: str
    service: str
    summary: str
    causes: tuple[ErrorCause, ...]
    source: str

"""Revocation, Scope: add, expire, describe."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

# The longest that IAM lets any role's session last: an entry this old denies nothing that hasn't ended. The
# role's own maximum may have been lowered since the sessions were issued, so it isn't asked.
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
LONGEST_SESSION = timedelta(hours=12)


class ScopeType(Enum):
    """Whose sessions are meant."""

    ALL = "all"
    GRANT = "grant"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class RevocationScope:
    """Which sessions are meant.

    `text` is, for a grant, what its session names begin with, for a session its `AROA…:name`, else empty.
    """

    kind: ScopeType
    name: str = ""


@dataclass(frozen=True, slots=True)
class Revocation:
    """The sessions of `scope` that were issued before `before` (UTC, whole seconds)."""

    scope: RevocationScope
    before: datetime

    @property
    def ends(self) -> datetime:
        """When every session that it denies has expired by itself."""
        return self.before + LONGEST_SESSION


Revocations = tuple[Revocation, ...]


def expire(entries: Sequence[Revocation], now: datetime) -> tuple[Revocations, Revocations]:
    """Return (those that still deny something, those that have ended)."""
    return (
        tuple(entry for entry in entries if entry.ends > now),
        tuple(entry for entry in entries if entry.ends <= now),
    )


def add(entries: Sequence[Revocation], new: Revocation) -> Revocations:
    """Return the entries with `new`, which takes the place of an earlier one of its scope."""
    return (*remove(entries, (new.scope,)), new)


def remove(entries: Sequence[Revocation], scopes: Collection[RevocationScope]) -> Revocations:
    """Return the entries without those of `scopes`; one that covers them is another entry, and stays."""
    return tuple(entry for entry in entries if entry.scope not in scopes)


def describe(entry: Revocation) -> str:
    """Return which sessions are denied, e.g. `sessions called bob,… issued before 2026-01-31 12:00:00 UTC`."""
    return f"{describe_sessions(entry.scope)} issued before {entry.before:%Y-%m-%d %H:%M:%S} UTC"


def describe_sessions(scope: RevocationScope) -> str:
    """Return whose sessions are meant."""
    match scope.kind:
        case ScopeType.ALL:
            return "all sessions"
        case ScopeType.GRANT:
            return f"sessions called {scope.name}…"
        case ScopeType.SESSION:
            return f"sessions called {scope.name.partition(':')[2]}"

"""Revocations and their scopes: removing, expiring and describing them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from temp_access.iam.sts_limits import MAX_DURATION

# The longest session of any role: after this time, all sessions that a revocation denies have expired. The role's
# own maximum may have been higher when the sessions were issued.
LONGEST_SESSION = timedelta(seconds=MAX_DURATION)


class ScopeType(Enum):
    """How a scope selects sessions."""

    ALL = "all"
    GRANT = "grant"
    SESSION = "session"
    NAMES = "names"
    SOURCE_IDENTITY = "source identity"


@dataclass(frozen=True, slots=True)
class RevocationScope:
    """The sessions that a revocation matches.

    `name` is the prefix of session names for a grant, `AROA…:session-name` for a session, and empty for all sessions.
    For NAMES and SOURCE_IDENTITY it is a pattern of StringLike.
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
        """The time when all sessions that it denies have expired."""
        return self.before + LONGEST_SESSION


Revocations = tuple[Revocation, ...]


def expire(revocations: Sequence[Revocation], now: datetime) -> tuple[Revocations, Revocations]:
    """Return (the revocations that still deny sessions, those that have ended)."""
    return (
        tuple(revocation for revocation in revocations if revocation.ends > now),
        tuple(revocation for revocation in revocations if revocation.ends <= now),
    )


def remove(revocations: Sequence[Revocation], scopes: Collection[RevocationScope]) -> Revocations:
    """Return the revocations without those of `scopes`; a wider revocation is a separate one, and stays."""
    return tuple(revocation for revocation in revocations if revocation.scope not in scopes)


def describe(revocation: Revocation) -> str:
    """Return the denied sessions, e.g. `sessions called bob,… issued before 2026-01-31 12:00:00 UTC`."""
    return f"{describe_sessions(revocation.scope)} issued before {revocation.before:%Y-%m-%d %H:%M:%S} UTC"


def describe_sessions(scope: RevocationScope) -> str:
    """Return the sessions of the scope, e.g. `sessions called bob,…`."""
    match scope.kind:
        case ScopeType.ALL:
            return "all sessions"
        case ScopeType.GRANT:
            return f"sessions called {scope.name}…"
        case ScopeType.SESSION:
            return f"sessions called {scope.name.partition(':')[2]}"
        case ScopeType.NAMES:
            return f"sessions called like {scope.name}"
        case ScopeType.SOURCE_IDENTITY:
            return f"sessions with a source identity like {scope.name}"

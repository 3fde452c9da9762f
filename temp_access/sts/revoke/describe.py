"""Revocations in words."""

from temp_access.sts.revoke.model import Revocation, RevocationScope, ScopeType


def describe(entry: Revocation) -> str:
    """Return which sessions are denied, e.g. `sessions called bob,… issued before 2026-01-31 12:00:00 UTC`."""
    return f"{sessions(entry.scope)} issued before {entry.before:%Y-%m-%d %H:%M:%S} UTC"


def sessions(scope: RevocationScope) -> str:
    """Return whose sessions are meant."""
    match scope.kind:
        case ScopeType.ALL:
            return "all sessions"
        case ScopeType.GRANT:
            return f"sessions called {scope.text}…"
        case ScopeType.SESSION:
            return f"sessions called {scope.text.partition(':')[2]}"

"""What a revocation, taking one back, and time do to the entries that are in force."""

from collections.abc import Collection, Sequence
from datetime import datetime

from temp_access.sts.revoke.model import Revocation, RevocationScope

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

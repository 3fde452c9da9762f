"""Dropping this machine's kept sessions that a revocation denies: they would be handed out as if they worked."""

from collections.abc import Collection

from temp_access.sts.cache import Cache
from temp_access.sts.revoke.model import RevocationScope, ScopeType


def purge_revoked(cache: Cache, role_arn: str, scopes: Collection[RevocationScope]) -> int:
    """Remove the kept sessions of the role that `scopes` mean, and return how many there were."""
    denied = [
        key
        for key, entry in cache.entries("sessions")
        if entry.get("role") == role_arn and any(_means(scope, str(entry.get("session_name"))) for scope in scopes)
    ]
    for key in denied:
        cache.remove("sessions", key)
    return len(denied)


def _means(scope: RevocationScope, session_name: str) -> bool:
    if scope.kind is ScopeType.GRANT:
        return session_name.startswith(scope.text)
    return scope.kind is ScopeType.ALL or scope.text.partition(":")[2] == session_name

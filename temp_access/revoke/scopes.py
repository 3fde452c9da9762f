"""Whose sessions; purge them from the cache."""

import re
from collections.abc import Collection, Iterator

from temp_access.borrow.cache import Cache
from temp_access.borrow.session_names import fill_pattern, session_name, session_name_prefix
from temp_access.config.model import Config
from temp_access.errors import UserError
from temp_access.revoke.model import RevocationScope, ScopeType

_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_USER = "${aws:username}"
_WHO = "temp-access-revoke"


def grant_scopes(config: Config, id_: str, *, user_name: str) -> tuple[RevocationScope, ...]:
    """Return the scopes of a grant's sessions, whoever of access.toml's users borrowed them.

    Raises UserError where role.conditions.session_name leaves no room for the grant in a session's name.
    """
    pattern = config.role.conditions.session_name
    beginnings = [session_name_prefix(pattern, id_, user_name=name) for name in _callers(config, user_name)]
    if None in beginnings:
        raise UserError(
            f"role.conditions.session_name, {pattern!r}, leaves no room for the grant in a session's name, so a "
            "grant's sessions can't be told from others'; use --session NAME or --all"
        )
    return tuple(RevocationScope(ScopeType.GRANT, beginning) for beginning in dict.fromkeys(beginnings) if beginning)


def session_scope(role_id: str, name: str) -> RevocationScope:
    """Return the scope of the sessions with one name; raises UserError if none can be called so."""
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{name!r} isn't a role session name; it is what follows the last / of the session's ARN, 2 to 64 letters, "
            "digits and +=,.@_-"
        )
    return RevocationScope(ScopeType.SESSION, f"{role_id}:{name}")


def unknown_callers(config: Config) -> tuple[str, ...]:
    """Return the trusted accounts whose users' names would be needed to find a grant's sessions, and aren't known."""
    if _USER not in (config.role.conditions.session_name or ""):
        return ()
    return tuple(trusted.account or "this account" for trusted in config.role.trusted if trusted.resource == "root")


def grant_canary_names(config: Config, id_: str, *, user_name: str) -> tuple[str, str]:
    """Return the names of a session of the grant, and of one that is as like it as can be and isn't."""
    pattern = config.role.conditions.session_name
    meant, other = (session_name(pattern, i, user_name=user_name, principal=_WHO) for i in (id_, f"{id_}x"))
    return meant, other


def session_canary_names(name: str) -> tuple[str, str]:
    """Return the name, and one that differs in its last character alone."""
    return name, name[:63] + ("y" if name[63:] == "x" else "x")


def any_canary_name(config: Config, *, user_name: str) -> str:
    """Return the name of a session of no grant."""
    return fill_pattern(config.role.conditions.session_name, user_name=user_name, filler=_WHO)


def _callers(config: Config, user_name: str) -> Iterator[str]:
    yield user_name
    if _USER in (config.role.conditions.session_name or ""):
        yield from (
            trusted.resource.rpartition("/")[2]
            for trusted in config.role.trusted
            if trusted.resource.startswith("user/")
        )


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
        return session_name.startswith(scope.name)
    return scope.kind is ScopeType.ALL or scope.name.partition(":")[2] == session_name

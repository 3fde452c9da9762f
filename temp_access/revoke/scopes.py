"""The scopes that a command names, the canary names that test them, and purging them from the cache."""

import re
from collections.abc import Collection, Iterator

from temp_access.borrow.cache import Cache
from temp_access.borrow.session_names import fill_pattern, session_name, session_name_prefix
from temp_access.config.model import Config
from temp_access.errors import UserError
from temp_access.iam.sts_limits import SESSION_NAME_PATTERN
from temp_access.revoke.model import RevocationScope, ScopeType

_NAME = re.compile(SESSION_NAME_PATTERN, re.ASCII)
_USER_VARIABLE = "${aws:username}"
_CANARY = "temp-access-revoke"


def grant_scopes(config: Config, id_: str, *, user_name: str) -> tuple[RevocationScope, ...]:
    """Return the scopes of a grant's sessions, one for each user of access.toml that can borrow them.

    Raises UserError if role.conditions.session_name is too narrow to name the grant.
    """
    pattern = config.role.conditions.session_name
    prefixes = [session_name_prefix(pattern, id_, user_name=name) for name in _caller_names(config, user_name)]
    if None in prefixes:
        raise UserError(
            f"role.conditions.session_name, {pattern!r}, leaves too few characters to name the grant in a "
            "session's name, so its sessions can't be told from others; use --session NAME or --all"
        )
    return tuple(RevocationScope(ScopeType.GRANT, prefix) for prefix in dict.fromkeys(prefixes) if prefix)


def session_scope(role_id: str, name: str) -> RevocationScope:
    """Return the scope of the sessions called `name`; raises UserError if no role session can have that name."""
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{name!r} isn't a role session name; pass the part after the last / of the session's ARN: 2 to 64 "
            "letters, digits and +=,.@_-"
        )
    return RevocationScope(ScopeType.SESSION, f"{role_id}:{name}")


def unknown_callers(config: Config) -> tuple[str, ...]:
    """Return the trusted accounts whose unknown user names are part of session names, so that no scope matches them."""
    if _USER_VARIABLE not in (config.role.conditions.session_name or ""):
        return ()
    return tuple(trusted.account or "this account" for trusted in config.role.trusted if trusted.resource == "root")


def grant_canary_names(config: Config, id_: str, *, user_name: str) -> tuple[str, str]:
    """Return a session name of the grant, and one as similar as possible that isn't the grant's."""
    pattern = config.role.conditions.session_name
    name, other = (session_name(pattern, i, user_name=user_name, principal=_CANARY) for i in (id_, f"{id_}x"))
    return name, other


def session_canary_names(name: str) -> tuple[str, str]:
    """Return the name, and one that differs only in its last character."""
    return name, name[:63] + ("y" if name[63:] == "x" else "x")


def any_canary_name(config: Config, *, user_name: str) -> str:
    """Return a session name that belongs to no grant."""
    return fill_pattern(config.role.conditions.session_name, user_name=user_name, filler=_CANARY)


def _caller_names(config: Config, user_name: str) -> Iterator[str]:
    yield user_name
    if _USER_VARIABLE in (config.role.conditions.session_name or ""):
        yield from (
            trusted.resource.rpartition("/")[2]
            for trusted in config.role.trusted
            if trusted.resource.startswith("user/")
        )


def purge_revoked(cache: Cache, role_arn: str, scopes: Collection[RevocationScope]) -> int:
    """Remove the role's cached sessions that `scopes` match, and return how many there were."""
    denied = [
        key
        for key, session in cache.entries("sessions")
        if session.get("role") == role_arn
        and any(_matches(scope, str(session.get("session_name"))) for scope in scopes)
    ]
    for key in denied:
        cache.remove("sessions", key)
    return len(denied)


def _matches(scope: RevocationScope, session_name: str) -> bool:
    if scope.kind is ScopeType.GRANT:
        return session_name.startswith(scope.name)
    return scope.kind is ScopeType.ALL or scope.name.partition(":")[2] == session_name

"""The scopes that a command names, the canary names that test them, and purging them from the cache."""

import re
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from functools import cache

from temp_access.borrow.cache import Cache
from temp_access.borrow.session_names import fill_pattern, session_name, session_name_prefix
from temp_access.config.borrower import Borrower, BorrowerKind
from temp_access.config.model import Config, Grant
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


def borrower_scope(config: Config, grant: Grant, text: str) -> RevocationScope:
    """Return the scope of the sessions of the grant's own role that one of its borrowers began.

    Raises UserError if the grant has no such borrower, or if nothing in a session tells its borrower. A condition on
    `${aws:username}` does: then no role can borrow, whose sessions have no such variable.
    """
    [*found] = [each for each in grant.borrowers if each.text == text]
    if not found:
        raise UserError(
            f"{text!r} isn't a borrower of {grant.id}; pass one of {', '.join(b.text for b in grant.borrowers)}"
        )
    others = [each for each in grant.borrowers if each.text != text]
    if not others:
        return RevocationScope(ScopeType.ALL)
    if found[0].kind is BorrowerKind.USER:
        users = [each for each in others if each.kind is BorrowerKind.USER]
        for kind, pattern in _patterns(config, others):
            own, *rest = (pattern.replace(_USER_VARIABLE, each.name.rpartition("/")[2]) for each in (*found, *users))
            if not any(_may_match_both(own, other) for other in rest):
                is_prefix = kind is ScopeType.NAMES and own.endswith("*") and _NAME.fullmatch(own[:-1])
                return RevocationScope(ScopeType.GRANT, own[:-1]) if is_prefix else RevocationScope(kind, own)
    raise UserError(
        f"the sessions of {text} can't be told from those of the other borrowers of {grant.id}; remove it from "
        f"`borrowers`, deploy, and revoke {grant.id}: the others can borrow again (role.conditions.source_identity = "
        '"${aws:username}" would tell the users apart)'
    )


def _patterns(config: Config, others: Collection[Borrower]) -> Iterator[tuple[ScopeType, str]]:
    """Yield the conditions that make a session tell its user."""
    conditions = config.role.conditions
    found = [(ScopeType.SOURCE_IDENTITY, conditions.source_identity)]
    # Neither pipelines nor services have to meet the conditions, and they can choose any name.
    if not {each.kind for each in others} & {BorrowerKind.OIDC, BorrowerKind.SERVICE}:
        found.append((ScopeType.NAMES, conditions.session_name))
    for kind, pattern in found:
        if pattern and _USER_VARIABLE in pattern and "$" not in pattern.replace(_USER_VARIABLE, ""):
            yield kind, pattern


@cache
def _may_match_both(one: str, other: str) -> bool:
    """Whether a text can match both patterns, in which `*` and `?` are wildcards."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return _may_match_both(one[1:], other) or _may_match_both(one, other[1:])
    if other[0] == "*":
        return _may_match_both(other, one)
    return (one[0] == other[0] or "?" in (one[0], other[0])) and _may_match_both(one[1:], other[1:])


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
    if scope.kind is ScopeType.NAMES:
        return fnmatchcase(session_name, scope.name)
    # A cached session doesn't say its source identity.
    return scope.kind in (ScopeType.ALL, ScopeType.SOURCE_IDENTITY) or scope.name.partition(":")[2] == session_name

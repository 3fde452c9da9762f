"""Role session names: they name the grant first, then the caller, within the role's conditions."""

import base64
import hashlib
import re

from temp_access.config.model import Config
from temp_access.iam.arn import Arn
from temp_access.iam.sts_limits import MAX_SESSION_NAME

TERMINATOR = ","
# The caller's part of a name then has at least 24 characters.
MAX_GRANT_COMPONENT = 40
_MIN_LENGTH = 2
_HASH_LENGTH = 12
_MIN_COMPONENT = _HASH_LENGTH + 4
_PLAIN = re.compile(r"[\w+.@-]+", re.ASCII)
_NOT_PLAIN = re.compile(r"[^\w+.@-]", re.ASCII)


def session_name(pattern: str | None, id_: str, *, user_name: str, principal: str) -> str:
    """Return the name of a session of the grant `id_` that `principal` borrows.

    `pattern` is role.conditions.session_name; `user_name` replaces its `${aws:username}`.
    """
    length = free_length(pattern, user_name=user_name)
    if length < _MIN_COMPONENT:
        return fill_pattern(pattern, user_name=user_name, filler=_shorten(id_, _MIN_COMPONENT))
    grant = grant_component(id_, min(length, MAX_GRANT_COMPONENT))
    return fill_pattern(pattern, user_name=user_name, filler=grant + _caller_component(principal, length - len(grant)))


def session_name_prefix(pattern: str | None, id_: str, *, user_name: str) -> str | None:
    """Return the prefix that all session names of the grant have, and no other grant's.

    Returns None if `pattern` is too narrow to name the grant: then its sessions can't be told from others.
    """
    length = free_length(pattern, user_name=user_name)
    if length < _MIN_COMPONENT:
        return None
    prefix = (pattern or "*").replace("${aws:username}", user_name).partition("*")[0].replace("?", "x")
    return prefix + grant_component(id_, min(length, MAX_GRANT_COMPONENT))


def grant_component(id_: str, max_length: int = MAX_GRANT_COMPONENT) -> str:
    """Return the part of a session name that names the grant `id_`, with its terminator.

    It has at most `max_length` characters and is never a prefix of another id's component.
    """
    return _shorten(id_, max_length - len(TERMINATOR)) + TERMINATOR


def free_length(pattern: str | None, *, user_name: str) -> int:
    """Return how many of the 64 characters `pattern` leaves free at its first `*`."""
    pattern = (pattern or "*").replace("${aws:username}", user_name)
    return max(MAX_SESSION_NAME - len(pattern.replace("*", "")), 0) if "*" in pattern else 0


def fill_pattern(pattern: str | None, *, user_name: str, filler: str) -> str:
    """Return a name of 2 to 64 characters that `pattern` matches, with `filler` at its first `*`.

    `*` and `?` are the wildcards of StringLike. Without a pattern, the name is `filler`.
    """
    if pattern is None:
        return filler[:MAX_SESSION_NAME]
    filler = filler[: free_length(pattern, user_name=user_name)]
    pattern = pattern.replace("${aws:username}", user_name)
    if "*" not in pattern:
        return pattern.replace("?", "x")
    name = pattern.replace("*", filler, 1).replace("*", "").replace("?", "x")
    return name if len(name) >= _MIN_LENGTH else name + "x" * _MIN_LENGTH


def non_matching_name(pattern: str, *, user_name: str) -> str | None:
    """Return a name that `pattern` doesn't match, None if it matches every candidate."""
    pattern = pattern.replace("${aws:username}", user_name)
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    regex = re.compile("".join(parts), re.DOTALL)
    return next((name for name in ("not-admitted", "Q.", "=@,") if not regex.fullmatch(name)), None)


def principal_name(caller_arn: str) -> str:
    """Return the last part of the ARN: a user's name, or the session name of an assumed role."""
    return Arn.parse(caller_arn).name


def user_name(config: Config, caller_arn: str) -> str:
    """Return the value of `${aws:username}`: the calling user's name, temp-user's for any other principal."""
    return principal_name(caller_arn) if ":user/" in caller_arn else config.user.name


def _caller_component(principal: str, length: int) -> str:
    return _shorten(principal, length) if length > _HASH_LENGTH else _NOT_PLAIN.sub("-", principal)[:length]


def _shorten(name: str, length: int) -> str:
    if _PLAIN.fullmatch(name) and len(name) <= length:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    suffix = base64.b32encode(digest).decode().lower()[:_HASH_LENGTH]
    return f"{_NOT_PLAIN.sub('-', name)[: length - _HASH_LENGTH - 1]}={suffix}"

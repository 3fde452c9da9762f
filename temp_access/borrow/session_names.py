"""Role session names, the caller's part of them."""

import base64
import hashlib
import re

from temp_access.config.model import Config

TERMINATOR = ","
_SHORTEST, _LONGEST = 2, 64
# The rest is for who it is: at least 24 characters.
GRANT_ROOM = 40
_HASH = 12
_SMALLEST_ROOM = _HASH + 4
_PLAIN = re.compile(r"[\w+.@-]+", re.ASCII)
_FOREIGN = re.compile(r"[^\w+.@-]", re.ASCII)


def grant_component(id_: str, room: int = GRANT_ROOM) -> str:
    """Return what the session names of the grant `id_` begin with, the terminator included.

    It has at most `room` characters, is another for each id, and never the beginning of another's.
    """
    return _fitted(id_, room - len(TERMINATOR)) + TERMINATOR


def session_name(pattern: str | None, id_: str, *, user_name: str, who: str) -> str:
    """Return the name of a session of the grant `id_` that `who` borrows.

    `pattern` is role.conditions.session_name, `user_name` what its `${aws:username}` stands for.
    """
    room = free_length(pattern, user_name=user_name)
    if room < _SMALLEST_ROOM:
        return fill_pattern(pattern, user_name=user_name, filler=_fitted(id_, _SMALLEST_ROOM))
    part = grant_component(id_, min(room, GRANT_ROOM))
    return fill_pattern(pattern, user_name=user_name, filler=part + _shortened(who, room - len(part)))


def session_name_prefix(pattern: str | None, id_: str, *, user_name: str) -> str | None:
    """Return what all session names of the grant begin with and no other grant's does.

    None where `pattern` leaves no room for the grant: then its sessions can't be told from others'.
    """
    room = free_length(pattern, user_name=user_name)
    if room < _SMALLEST_ROOM:
        return None
    before = (pattern or "*").replace("${aws:username}", user_name).partition("*")[0].replace("?", "x")
    return before + grant_component(id_, min(room, GRANT_ROOM))


def free_length(pattern: str | None, *, user_name: str) -> int:
    """Return how many of the 64 characters `pattern` leaves free at its first `*`."""
    text = (pattern or "*").replace("${aws:username}", user_name)
    return max(_LONGEST - len(text.replace("*", "")), 0) if "*" in text else 0


def fill_pattern(pattern: str | None, *, user_name: str, filler: str) -> str:
    """Return a name of 2 to 64 characters that `pattern` admits, close to `filler`; `filler` without one.

    `*` and `?` are the wildcards of StringLike, `${aws:username}` is the calling user.
    """
    if pattern is None:
        return filler[:_LONGEST]
    text = pattern.replace("${aws:username}", user_name)
    if "*" not in text:
        return text.replace("?", "x")
    name = text.replace("*", filler[: free_length(pattern, user_name=user_name)], 1).replace("*", "").replace("?", "x")
    return name if len(name) >= _SHORTEST else name + "x" * _SHORTEST


def non_matching_name(pattern: str, *, user_name: str) -> str | None:
    """Return a name that `pattern` doesn't admit, None if it admits all that are tried."""
    text = pattern.replace("${aws:username}", user_name)
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text)
    regex = re.compile("".join(parts), re.DOTALL)
    return next((name for name in ("not-admitted", "Q.", "=@,") if not regex.fullmatch(name)), None)


def _shortened(who: str, room: int) -> str:
    return _fitted(who, room) if room > _HASH else _FOREIGN.sub("-", who)[:room]


def _fitted(text: str, room: int) -> str:
    if _PLAIN.fullmatch(text) and len(text) <= room:
        return text
    digest = base64.b32encode(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()).decode().lower()[:_HASH]
    return f"{_FOREIGN.sub('-', text)[: room - _HASH - 1]}={digest}"


def principal_name(caller_arn: str) -> str:
    """Return the last part of the ARN: a user's name, or the session name of an assumed role."""
    return caller_arn.rpartition(":")[2].rpartition("/")[2]


def user_name(config: Config, caller_arn: str) -> str:
    """Return what `${aws:username}` stands for: the calling user, temp-user for any other principal."""
    return principal_name(caller_arn) if ":user/" in caller_arn else config.user.name

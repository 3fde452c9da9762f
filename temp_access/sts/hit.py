"""A session that is already there, found without importing boto3 or parsing access.toml."""

import os
import time
from collections.abc import Mapping
from typing import Any

from temp_access.sts.cache import Cache
from temp_access.sts.request import file_digests

# botocore's advisory window: https://botocore.amazonaws.com/v1/documentation/api/latest/index.html
MIN_TTL = 900
CREDENTIAL_FIELDS = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")


def find_cached_session(
    cache: Cache, key: str, min_ttl: int | None, since: float | None = None
) -> tuple[dict[str, Any], list[str]] | None:
    """Return the session's entry and the notes of the request `key`; None if AWS must be asked.

    `min_ttl` and `since` are those of `is_fresh`.
    """
    request = cache.read("requests", key)
    if request is None or not inputs_unchanged(request):
        return None
    session = cache.read("sessions", str(request.get("session")))
    if session is None or not is_fresh(session, min_ttl, since):
        return None
    notes = request.get("notes")
    return session, [str(note) for note in notes] if isinstance(notes, list) else []


def inputs_unchanged(request: Mapping[str, Any]) -> bool:
    """Whether no file that the request was answered from has changed since."""
    files = request.get("files")
    return isinstance(files, dict) and bool(files) and file_digests(map(os.fspath, files)) == files


def server_restarted(session: Mapping[str, Any]) -> bool:
    """Whether the session ended with the run of the local AWS that gave it."""
    place = session.get("place")
    return isinstance(place, dict) and file_digests(map(os.fspath, place)) != place


def is_fresh(session: Mapping[str, Any], min_ttl: int | None, since: float | None = None) -> bool:
    """Whether the session has `min_ttl` seconds left (None: a quarter hour, at most half of its length).

    One that was made after `since` is as new as can be, whatever it has left.
    """
    try:
        left = float(session["until"]) - time.time()
        wanted = min_left(int(session["seconds"])) if min_ttl is None else min_ttl
        made = float(session["issued"])
        whole = all(isinstance(session["credentials"][part], str) for part in CREDENTIAL_FIELDS)
    except (KeyError, TypeError, ValueError):
        return False
    return whole and left > 0 and (left >= wanted or (since is not None and made >= since))


def min_left(seconds: int) -> float:
    """Return the seconds that a session of `seconds` must have left unless something else is asked for."""
    return min(MIN_TTL, seconds / 2)

"""The user's cache folder: JSON files by kind and key, which only their owner can read.

A call that is answered from the cache runs only this module and `temp_access.borrow.cached_session`, so neither
imports anything heavy.
"""

import contextlib
import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from temp_access.files import LOCK_WAIT, UNFINISHED_PREFIX, acquire_lock, atomic_write
from temp_access.private_folders import make_private, user_folder

FORMAT = 3
# A request names its session; a role is what iam:GetRole returned.
KINDS = ("requests", "sessions", "roles")
# Seconds after which an unfinished file is a killed process's.
_UNFINISHED_AGE = 3600
_MAX_SIZE = 1 << 20


class Cache:
    """JSON objects by kind and key; a file that is unreadable, changed or accessible to others counts as missing."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def read(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return the object, None if there is none that can be trusted."""
        return _read(self._path(kind, key))

    def write(self, kind: str, key: str, value: Mapping[str, Any]) -> None:
        """Store the object until its time `expires_at`; raises OSError if the folder can't be used."""
        self._make_folder(kind)
        stored = {**value, "format": FORMAT}
        content = json.dumps({**stored, "checksum": _checksum(stored)}).encode()
        # The file's time is the expiry, so that `remove_expired` reads no content.
        atomic_write(self._path(kind, key), content, mode=0o600, mtime=value["expires_at"])

    def remove(self, kind: str, key: str) -> None:
        """Remove the object if it exists."""
        with contextlib.suppress(OSError):
            os.unlink(self._path(kind, key))

    def entries(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the key and the object of every readable file."""
        for name in self._names(kind):
            if name.endswith(".json") and (value := _read(os.path.join(self.folder, kind, name))):
                yield name.removesuffix(".json"), value

    def remove_expired(self, kind: str) -> None:
        """Remove expired objects and the unfinished files of killed processes, without reading any content."""
        now = time.time()
        with contextlib.suppress(OSError), os.scandir(os.path.join(self.folder, kind)) as files:
            for file in files:
                age = now - file.stat(follow_symlinks=False).st_mtime
                # Only a finished file has its expiry as its time.
                if age > (_UNFINISHED_AGE if file.name.startswith(UNFINISHED_PREFIX) else 0):
                    with contextlib.suppress(OSError):
                        os.unlink(file.path)

    def clear(self, kind: str) -> None:
        """Remove all objects, including unreadable ones."""
        for name in self._names(kind):
            self.remove(kind, name.removesuffix(".json"))

    def purge_prefix(self, kind: str, prefix: str, except_prefix: str) -> None:
        """Remove the objects whose key begins with `prefix` but not with `except_prefix`."""
        for name in self._names(kind):
            if name.startswith(prefix) and not name.startswith(except_prefix):
                self.remove(kind, name.removesuffix(".json"))

    @contextlib.contextmanager
    def locked(
        self, kind: str, key: str, seconds: float = LOCK_WAIT, on_wait: Callable[[], None] = lambda: None
    ) -> Iterator[bool]:
        """Hold the object's lock against other processes and threads; yields whether that worked within `seconds`.

        `on_wait` is that of `acquire_lock`. Raises OSError if the folder can't be used.
        """
        # A lock file can't be removed safely, so two digits of the key limit how many there are.
        path = os.path.join(self._make_folder("locks"), f"{kind}-{key[-2:]}")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            yield acquire_lock(descriptor, seconds, on_wait)
        finally:
            os.close(descriptor)

    def _path(self, kind: str, key: str) -> str:
        return os.path.join(self.folder, kind, f"{key}.json")

    def _names(self, kind: str) -> list[str]:
        try:
            return sorted(os.listdir(os.path.join(self.folder, kind)))
        except OSError:
            return []

    def _make_folder(self, kind: str) -> str:
        return make_private(self.folder, kind)


def cache_folder(environ: Mapping[str, str]) -> str:
    """Return this user's cache folder: `temp-access` in XDG_CACHE_HOME, or else in ~/.cache; raises UserError."""
    return user_folder(environ, "XDG_CACHE_HOME", ".cache")


def _read(path: str) -> dict[str, Any] | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
            return None
        value = json.loads(os.read(descriptor, _MAX_SIZE))
    except (OSError, ValueError, RecursionError):
        return None
    finally:
        os.close(descriptor)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        return None
    # A broken disk mustn't hand out broken credentials.
    return value if value.pop("checksum", None) == _checksum(value) else None


def _checksum(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

"""What is kept between calls, in the user's cache folder: files that only their owner can read.

A cached call runs nothing but this and `temp_access.borrow.cached_session`, so neither imports anything heavy.
"""

import contextlib
import fcntl
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.files import UNFINISHED_PREFIX, atomic_write

FORMAT = 1
# Requests point to sessions, roles are what iam:GetRole said.
KINDS = ("requests", "sessions", "roles")
_UNFINISHED = 3600
_LARGEST = 1 << 20


class Cache:
    """JSON objects by kind and key; whatever isn't ours alone, or can't be read, isn't there."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def read(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return the object, None if there is none that can be trusted."""
        return _read(self._path(kind, key))

    def write(self, kind: str, key: str, value: Mapping[str, Any]) -> None:
        """Keep the object until its time `until`, in one step; raises OSError if the folder can't be used."""
        self._made(kind)
        content = json.dumps({**value, "format": FORMAT}).encode()
        # Its expiry is the file's time: `remove_expired` then needs to read none.
        atomic_write(self._path(kind, key), content, mode=0o600, mtime=value["until"])

    def remove(self, kind: str, key: str) -> None:
        """Drop the object if it is there."""
        with contextlib.suppress(OSError):
            os.unlink(self._path(kind, key))

    def entries(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the key and the object of all that can be read."""
        for name in self._names(kind):
            if name.endswith(".json") and (value := _read(os.path.join(self.folder, kind, name))):
                yield name.removesuffix(".json"), value

    def remove_expired(self, kind: str) -> None:
        """Drop what has expired, and what killed processes left, without reading any of it."""
        now = time.time()
        with contextlib.suppress(OSError), os.scandir(os.path.join(self.folder, kind)) as found:
            for file in found:
                age = now - file.stat(follow_symlinks=False).st_mtime
                # A file's time is its expiry; an unfinished one has none yet.
                if age > (_UNFINISHED if file.name.startswith(UNFINISHED_PREFIX) else 0):
                    with contextlib.suppress(OSError):
                        os.unlink(file.path)

    def clear(self, kind: str) -> None:
        """Drop all objects, also those that can't be read."""
        for name in self._names(kind):
            self.remove(kind, name.removesuffix(".json"))

    def purge_prefix(self, kind: str, prefix: str, except_prefix: str) -> None:
        """Drop the objects whose key begins with `beginning`, and not with `but`."""
        for name in self._names(kind):
            if name.startswith(prefix) and not name.startswith(except_prefix):
                self.remove(kind, name.removesuffix(".json"))

    @contextlib.contextmanager
    def locked(self, kind: str, key: str) -> Iterator[None]:
        """Hold the lock of the object, against other processes and threads; raises OSError if that can't be."""
        # As many files as two digits say: a lock's file can't be removed safely, so they must not grow.
        path = os.path.join(self._made("locks"), f"{kind}-{key[-2:]}")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _path(self, kind: str, key: str) -> str:
        return os.path.join(self.folder, kind, f"{key}.json")

    def _names(self, kind: str) -> list[str]:
        try:
            return sorted(os.listdir(os.path.join(self.folder, kind)))
        except OSError:
            return []

    def _made(self, kind: str) -> str:
        for folder in (self.folder, path := os.path.join(self.folder, kind)):
            os.makedirs(folder, mode=0o700, exist_ok=True)
            found = os.lstat(folder)
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                raise PermissionError(1, "isn't a folder of this user's own", folder)
            if found.st_mode & 0o077:
                os.chmod(folder, 0o700)
        return path


def cache_folder(environ: Mapping[str, str]) -> str:
    """Return the folder of this user's cache: XDG_CACHE_HOME's, else ~/.cache/temp-access."""
    given = environ.get("XDG_CACHE_HOME", "")
    # A relative one is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
    base = given if os.path.isabs(given) else os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "temp-access")


def _read(path: str) -> dict[str, Any] | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            return None
        value = json.loads(os.read(descriptor, _LARGEST))
    except (OSError, ValueError, RecursionError):
        return None
    finally:
        os.close(descriptor)
    return value if isinstance(value, dict) and value.get("format") == FORMAT else None

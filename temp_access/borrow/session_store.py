"""The cache where there is one, else this process's memory: a read-only home is no reason to fail."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from temp_access.borrow.cache import Cache

_REMEMBERED: dict[tuple[str, str], dict[str, Any]] = {}
_LOCKS: dict[tuple[str, str], threading.Lock] = {}
_GUARD = threading.Lock()


class SessionStore:
    """Reads, writes and locks as `Cache` does; after the first failure it says so once, and remembers instead."""

    def __init__(self, cache: Cache, note: Callable[[str], None]) -> None:
        self._cache: Cache | None = cache
        self._note = note

    def read(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return the object, None if there is none."""
        cache = self._cache
        return cache.read(kind, key) if cache else _REMEMBERED.get((kind, key))

    def write(self, kind: str, key: str, value: Mapping[str, Any]) -> None:
        """Keep the object until its time `until`, and drop what is past its own."""
        if self._cache:
            try:
                self._cache.write(kind, key, value)
                self._cache.remove_expired(kind)
                return
            except OSError as error:
                self._fail(error)
        for past in [other for other, kept in list(_REMEMBERED.items()) if kept["until"] < time.time()]:
            _REMEMBERED.pop(past, None)
        _REMEMBERED[kind, key] = dict(value)

    def remove(self, kind: str, key: str) -> None:
        """Drop the object if it is there."""
        if self._cache:
            self._cache.remove(kind, key)
        _REMEMBERED.pop((kind, key), None)

    def purge_prefix(self, kind: str, prefix: str, except_prefix: str) -> None:
        """Drop the objects whose key begins with `beginning`, and not with `but`."""
        if self._cache:
            self._cache.purge_prefix(kind, prefix, except_prefix)

    @contextlib.contextmanager
    def locked(self, kind: str, key: str) -> Iterator[None]:
        """Hold the lock of the object: of this process's threads, and of all processes where that can be."""
        with _GUARD:
            lock = _LOCKS.setdefault((kind, key[-2:]), threading.Lock())
        with lock, contextlib.ExitStack() as stack:
            if self._cache:
                try:
                    stack.enter_context(self._cache.locked(kind, key))
                except OSError as error:
                    self._fail(error)
            yield

    def _fail(self, error: OSError) -> None:
        if self._cache:
            self._note(f"sessions can't be kept in {self._cache.folder} ({error.strerror}); set XDG_CACHE_HOME")
        self._cache = None


class NullStore(SessionStore):
    """Keeps nothing, so that each call asks STS."""

    def __init__(self) -> None:
        """Define a store without a cache."""

    def read(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return None."""
        return None

    def write(self, kind: str, key: str, value: Mapping[str, Any]) -> None:
        """Keep nothing."""

    def remove(self, kind: str, key: str) -> None:
        """Have nothing to drop."""

    def purge_prefix(self, kind: str, beginning: str, but: str) -> None:
        """Have nothing to drop."""

    @contextlib.contextmanager
    def locked(self, kind: str, key: str) -> Iterator[None]:
        """Let everybody pass."""
        yield

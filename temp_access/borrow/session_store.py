"""Stores for sessions: the cache with this process's memory as fallback, and a store that keeps nothing."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from temp_access.borrow.cache import Cache
from temp_access.files import LOCK_WAIT

_MEMORY: dict[tuple[str, str], dict[str, Any]] = {}
_LOCKS: dict[tuple[str, str], threading.Lock] = {}
_GUARD = threading.Lock()


class SessionStore:
    """Reads, writes and locks as `Cache` does; if the cache fails, it reports that once and uses memory instead."""

    def __init__(self, cache: Cache, print_note: Callable[[str], None]) -> None:
        self._cache: Cache | None = cache
        self._print_note = print_note
        self._patience = LOCK_WAIT

    def read(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return the object, None if there is none."""
        cache = self._cache
        return cache.read(kind, key) if cache else _MEMORY.get((kind, key))

    def write(self, kind: str, key: str, value: Mapping[str, Any]) -> None:
        """Store the object until its time `expires_at`, and remove expired ones."""
        if self._cache:
            try:
                self._cache.write(kind, key, value)
                self._cache.remove_expired(kind)
                return
            except OSError as error:
                self._use_memory(error)
        for expired in [key for key, value in list(_MEMORY.items()) if value["expires_at"] < time.time()]:
            _MEMORY.pop(expired, None)
        _MEMORY[kind, key] = dict(value)

    def remove(self, kind: str, key: str) -> None:
        """Remove the object if it exists."""
        if self._cache:
            self._cache.remove(kind, key)
        _MEMORY.pop((kind, key), None)

    def purge_prefix(self, kind: str, prefix: str, except_prefix: str) -> None:
        """Remove the cached objects whose key begins with `prefix` but not with `except_prefix`."""
        if self._cache:
            self._cache.purge_prefix(kind, prefix, except_prefix)

    @contextlib.contextmanager
    def locked(self, kind: str, key: str) -> Iterator[None]:
        """Hold the object's lock against this process's threads and, with a usable cache, other processes.

        Whoever holds it may be stopped, or waits for a service that never answers. So all waits of this store together
        take `LOCK_WAIT` at most; after that, it goes on without the lock: that costs a call, and breaks nothing.
        """
        with _GUARD:
            lock = _LOCKS.setdefault((kind, key[-2:]), threading.Lock())
        held = self._waiting(lambda seconds: lock.acquire(timeout=seconds))
        try:
            with contextlib.ExitStack() as stack:
                if self._cache:
                    cache = self._cache
                    try:
                        self._waiting(
                            lambda seconds: stack.enter_context(cache.locked(kind, key, seconds, self._say_waiting))
                        )
                    except OSError as error:
                        self._use_memory(error)
                yield
        finally:
            if held:
                lock.release()

    def _waiting(self, acquire: Callable[[float], bool]) -> bool:
        started = time.monotonic()
        try:
            return acquire(self._patience)
        finally:
            self._patience = max(0.0, self._patience - (time.monotonic() - started))

    def _say_waiting(self) -> None:
        self._print_note(
            f"waiting for another process that borrows with this cache, for {self._patience:.0f} s at most"
        )

    def _use_memory(self, error: OSError) -> None:
        if self._cache:
            self._print_note(
                f"sessions can't be cached in {self._cache.folder} ({error.strerror}); set XDG_CACHE_HOME to a folder "
                "that you can write to"
            )
        self._cache = None


class NullStore(SessionStore):
    """Stores nothing, so that every request calls STS."""

    def __init__(self) -> None:
        """Create a store without a cache."""

    def read(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return None."""
        return None

    def write(self, kind: str, key: str, value: Mapping[str, Any]) -> None:
        """Store nothing."""

    def remove(self, kind: str, key: str) -> None:
        """Do nothing: there is nothing to remove."""

    def purge_prefix(self, kind: str, prefix: str, except_prefix: str) -> None:
        """Do nothing: there is nothing to remove."""

    @contextlib.contextmanager
    def locked(self, kind: str, key: str) -> Iterator[None]:
        """Hold no lock: nothing is shared."""
        yield

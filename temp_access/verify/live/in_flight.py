"""How many calls are in flight at once: fewer while a service is busy, more again when it answers."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Halved once in this time at most, because calls that are in flight together are throttled together.
_BETWEEN_CUTS = 1.0


# Growing takes this many rounds of answered calls for one more, so that calls are seldom throttled again.
_ROUNDS = 4


class InFlight:
    """A limit of calls in flight, from 1 to `most`.

    It halves when a service is busy, and grows slowly as it answers. `patience` is how many seconds may pass without
    any answer until no call is repeated.
    """

    def __init__(self, most: int, patience: float = 60.0) -> None:
        self.most = most
        self.patience = patience
        self._limit = float(most)
        self._running = 0
        self._last_cut = float("-inf")
        self._last_answer = time.monotonic()
        self._changed = threading.Condition()

    @property
    def limit(self) -> int:
        """The number of calls that may be in flight now."""
        return int(self._limit)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait until one more call may be in flight, and count it until the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._running < self.limit)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def answered(self) -> None:
        """Note that a service answered."""
        with self._changed:
            self._last_answer = time.monotonic()
            if self._limit < self.most:
                self._limit = min(self._limit + 1 / (_ROUNDS * self._limit), self.most)
                self._changed.notify_all()

    def busy(self) -> bool:
        """Note that a service was busy, and return whether the call may be repeated after a pause."""
        with self._changed:
            now = time.monotonic()
            if now - self._last_cut >= _BETWEEN_CUTS:
                self._limit, self._last_cut = max(self._limit / 2, 1.0), now
            return now - self._last_answer < self.patience

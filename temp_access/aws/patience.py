"""How long a command waits for answers, and how far this machine's clock is from the services'."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

CONNECT_SECONDS, READ_SECONDS = 5.0, 20.0
# A command ends when no answer came for this long. Some of it is kept for the clean-up, and one call may last as
# long as it takes to connect and to read.
SILENCE_SECONDS = 120.0
_CLEAN_UP_SECONDS = 35.0
_LAST_CALL_SECONDS = CONNECT_SECONDS + READ_SECONDS
# Whoever has called nothing for so long isn't waiting: a program that borrows again after an outage asks anew. It is
# longer than the pauses between the calls of one command.
_IDLE_SECONDS = 60.0
# The Date header has whole seconds, and the answer may have been on its way for some.
_TOLERATED_SKEW = 30.0


class Patience:
    """The time of one command; `total` in seconds (None: unlimited as long as answers come)."""

    def __init__(self, total: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.start(total)

    def start(self, total: float | None) -> None:
        """Begin the time of a command."""
        self.total = total
        self._started = self._clock()
        self._waiting_since: float | None = None
        self._calls = 0
        self._idle_since: float | None = None
        self._cleaning = False
        self._skew: float | None = None

    def begin_clean_up(self) -> None:
        """Allow the calls that the clean-up needs, for which some of the time was kept."""
        self._cleaning = True

    @property
    def timeouts(self) -> tuple[float, float]:
        """The seconds that a call may take to connect and to read."""
        share = READ_SECONDS if self.total is None else self.total / 8
        return min(CONNECT_SECONDS, share), min(READ_SECONDS, share)

    @property
    def remaining(self) -> float | None:
        """The seconds that are left of the total; None if it is unlimited."""
        return None if self.total is None else max(self._started + self.total - self._clock(), 0)

    def refusal(self) -> str | None:
        """Return why no further call may be sent; None if one may be."""
        with self._lock:
            return self._refusal(self._clock())

    def begin_call(self) -> str | None:
        """Return why no further call may be sent; None if one may be, which is then waited for until `end_call`."""
        with self._lock:
            now = self._clock()
            if not self._calls and self._idle_since is not None and now - self._idle_since > _IDLE_SECONDS:
                self._waiting_since = None
            if reason := self._refusal(now):
                return reason
            self._calls += 1
            if self._waiting_since is None:
                self._waiting_since = now
        return None

    def end_call(self) -> None:
        """Note that a call is over, with an answer or without."""
        with self._lock:
            self._calls -= 1
            self._idle_since = self._clock()

    def _refusal(self, now: float) -> str | None:
        silent = 0.0 if self._waiting_since is None else now - self._waiting_since
        reserve = _LAST_CALL_SECONDS if self._cleaning else _LAST_CALL_SECONDS + _CLEAN_UP_SECONDS
        if silent > SILENCE_SECONDS - reserve:
            return f"no service answered for {silent:.0f} s; check the network, and try again"
        if self.total is not None:
            kept = 0 if self._cleaning else min(_CLEAN_UP_SECONDS, self.total / 4)
            if self._started + self.total - now < kept + sum(self.timeouts):
                return f"the {self.total:g} s of --timeout don't suffice; pass a longer one"
        return None

    def answered(self, date: str | None, *, decides: bool = True) -> None:
        """Note that something came, with this Date header; only an answer that `decides` ends the silence."""
        with self._lock:
            if date and self._waiting_since is not None and self._clock() - self._waiting_since < _TOLERATED_SKEW / 2:
                self._skew = _skew(date)
            if decides:
                self._waiting_since = None

    def take_clock_note(self) -> str | None:
        """Return, once, what to say about this machine's clock; None if it agrees with the services'."""
        skew, self._skew = self._skew, None
        if skew is None or abs(skew) <= _TOLERATED_SKEW:
            return None
        direction = "ahead of" if skew > 0 else "behind"
        return (
            f"this machine's clock is {abs(skew):.0f} s {direction} the service's; correct it, because "
            "signatures and the times of sessions depend on it"
        )


def service_time(date: str | None) -> datetime | None:
    """Return the time of a Date header in UTC; None without a valid one."""
    try:
        time_ = parsedate_to_datetime(date) if date else None
    except ValueError:
        return None
    return time_.astimezone(UTC) if time_ and time_.tzinfo else None


def _skew(date: str) -> float | None:
    served = service_time(date)
    return None if served is None else time.time() - served.timestamp()


# The command of this process. A program that uses the Python API has no limit but that of silence.
PATIENCE = Patience()

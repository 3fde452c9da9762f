"""What is seen while the probes run: a live line on a terminal, elsewhere a line for each finished group."""

import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self, TextIO

from temp_access.verify.model import Result, Verdict
from temp_access.verify.report.live_line import LiveLine, terminal
from temp_access.verify.report.visible import escape_control


class ProgressView:
    """A context manager that shows how far the probes are; its methods may be called from any thread.

    `group_sizes` says how many probes each group has. A stream that breaks ends the display, not the run.
    """

    def __init__(self, total: int, stream: TextIO, *, group_sizes: Mapping[str, int], quiet: bool = False) -> None:
        self._stream, self._quiet, self._group_sizes = stream, quiet, group_sizes
        self._lock = threading.Lock()
        self._groups: dict[str, Counter[Verdict]] = {}
        console = None if quiet else terminal(stream)
        self._live = LiveLine(console, total) if console else None

    def __enter__(self) -> Self:
        """Start the display."""
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the display; name the groups that were left unfinished."""
        with self._lock:
            if self._live:
                self._live.stop()
            for name, counts in self._groups.items():
                size = self._group_sizes.get(name, 0)
                if counts.total() < size:
                    self._print(f"{name}: stopped after {counts.total()} of {size}: {_counts(counts)}")

    def finished(self, result: Result) -> None:
        """Count one result."""
        name = result.probe.group
        with self._lock:
            counts = self._groups.setdefault(name, Counter())
            counts[result.verdict] += 1
            if self._live:
                self._live.advance(result.verdict, escape_control(name, self._encoding))
            elif counts.total() == self._group_sizes.get(name):
                self._print(f"{name}: {_counts(counts)}")

    @property
    def _encoding(self) -> str:
        return getattr(self._stream, "encoding", None) or "utf-8"

    def _print(self, line: str) -> None:
        if self._quiet:
            return
        line = escape_control(line, self._encoding)
        if self._live:
            self._live.print(line)
        else:
            with suppress(OSError):
                print(line, file=self._stream, flush=True)


def _counts(counts: Counter[Verdict]) -> str:
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])

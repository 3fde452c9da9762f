"""The live line on a terminal."""

from collections import Counter
from contextlib import suppress
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column
from rich.text import Text

from temp_access.verify.model import Verdict


class _Console(Console):
    def on_broken_pipe(self) -> None:
        # rich's own ends the process; the run has still to clean up.
        self.quiet = True


def terminal(stream: TextIO) -> Console | None:
    """Return a console for `stream` if a line can be redrawn on it, else None."""
    console = _Console(file=stream)
    # rich takes FORCE_COLOR for a terminal; in a log each redrawing would be a line.
    return console if stream.isatty() and console.is_interactive and not console.is_dumb_terminal else None


class LiveLine:
    """A bar, and how many probes are done, failed and inconclusive; it goes away at the end.

    Not safe for threads by itself: `temp_access.verify.report.progress` holds a lock around each call.
    """

    def __init__(self, console: Console, total: int) -> None:
        self._total = total
        self._counts: Counter[Verdict] = Counter()
        # Only stderr is redirected: what goes to stdout must not end up in the display's stream.
        self._progress = Progress(
            # rich's own bar is red, as if something had failed.
            BarColumn(bar_width=20, complete_style="cyan", finished_style="cyan"),
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
            console=console,
            transient=True,
            redirect_stdout=False,
        )
        self._task = self._progress.add_task(f"0 of {total}", total=total)

    def start(self) -> None:
        """Show the line."""
        with suppress(OSError):
            self._progress.start()

    def stop(self) -> None:
        """Take the line away."""
        with suppress(OSError):
            self._progress.stop()

    def advance(self, verdict: Verdict, group: str) -> None:
        """Count one probe of `group`."""
        self._counts[verdict] += 1
        bad = (Verdict.FAILED, Verdict.INCONCLUSIVE)
        counted = [f"{self._counts[v]} {v}" for v in bad if self._counts[v]]
        line = ", ".join((f"{self._counts.total()} of {self._total}", *counted, group))
        self._progress.update(self._task, advance=1, description=line)

    def print(self, line: str) -> None:
        """Print `line` above the live line."""
        with suppress(OSError):
            self._progress.console.print(Text(line))

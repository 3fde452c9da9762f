"""The report as a table for terminals and logs, and the progress of a run."""

import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self, TextIO

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column, Table
from rich.text import Text

from temp_access.terminal_text import escape_control
from temp_access.verify.probes import Group, Result, Verdict, VerificationReport
from temp_access.verify.report.text import counts_text, details, redact_report, shorten, statement, target_text

_NARROWEST = 64
STYLES = {Verdict.PASSED: "green", Verdict.FAILED: "bold red", Verdict.INCONCLUSIVE: "yellow"}


def print_table(report: VerificationReport, out: Console | TextIO) -> None:
    """Print a table of groups, the probes that didn't pass, the warnings, and a last line with the counts."""
    report = redact_report(report)
    console = out if isinstance(out, Console) else Console(file=out)
    if report.results:
        console.print(_table(report, console), crop=False)
        console.print()
    for verdict in (Verdict.FAILED, Verdict.INCONCLUSIVE):
        results = report.listed(verdict)
        for number, result in enumerate(results, start=1):
            line = f"{verdict.upper()} {number} of {len(results)}: {result.probe.group}: {result.probe.title}"
            console.print(_text(line, console, STYLES[verdict]))
            console.print(Padding(_details(result, console), (0, 0, 1, 2), expand=False))
    for warning in report.all_warnings:
        console.print(_text(f"WARNING: {warning}", console, "yellow"))
    if report.all_warnings:
        console.print()
    # One line in a log, so that it can be searched; wrapped between words in a terminal.
    last = _text(f"{counts_text(report)} ({target_text(report)})", console)
    console.print(last, soft_wrap=not console.is_terminal)


def _table(report: VerificationReport, console: Console) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    if console.width < _NARROWEST:
        # rich would drop columns; this way the terminal breaks the lines.
        table.width = _NARROWEST
    table.add_column("group", overflow="fold")
    for name in ("probes", *Verdict):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("result", overflow="fold")
    groups, rest = shorten(report.groups)
    for group in (*groups, rest) if rest else groups:
        table.add_row(*_row(group, console))
    return table


def _row(group: Group, console: Console) -> list[Text]:
    counts = [(verdict, group.count(verdict)) for verdict in Verdict]
    return [
        _text(group.name, console),
        Text(str(group.total)),
        # A dash for zero, so that other numbers stand out without colour too.
        *(Text(str(count), STYLES[verdict]) if count else Text("-") for verdict, count in counts),
        Text(statement(group), STYLES[group.verdict]),
    ]


def _details(result: Result, console: Console) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in details(result):
        grid.add_row(Text(label), _text(text, console))
    return grid


def _text(text: str, console: Console, style: str = "") -> Text:
    # rich would read `[red]` in a str as markup and `:bug:` as an emoji.
    return Text(escape_control(text, console.encoding), style)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        # rich's method ends the process, but the run still has to clean up.
        self.quiet = True


def terminal(stream: TextIO) -> Console | None:
    """Return a console for `stream` if it can redraw a line, else None."""
    console = _Console(file=stream)
    # rich takes a stream with FORCE_COLOR for a terminal, but in a log each redrawing would be a line.
    return console if stream.isatty() and console.is_interactive and not console.is_dumb_terminal else None


class LiveLine:
    """A progress bar with the number of finished, failed and inconclusive probes, removed at the end.

    Not thread-safe: ProgressView holds a lock around each call.
    """

    def __init__(self, console: Console, total: int) -> None:
        self._total = total
        self._counts: Counter[Verdict] = Counter()
        # Output to stdout must not end up in the display's stream.
        self._progress = Progress(
            # rich's default bar is red, like a failure.
            BarColumn(bar_width=20, complete_style="cyan", finished_style="cyan"),
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
            console=console,
            transient=True,
            redirect_stdout=False,
        )
        self._task = self._progress.add_task(f"0 of {total}", total=total)

    def start(self) -> None:
        """Start the display."""
        with suppress(OSError):
            self._progress.start()

    def stop(self) -> None:
        """Remove the line."""
        with suppress(OSError):
            self._progress.stop()

    def advance(self, verdict: Verdict, group: str) -> None:
        """Count one probe of `group`."""
        self._counts[verdict] += 1
        problems = [
            f"{self._counts[kind]} {kind}" for kind in (Verdict.FAILED, Verdict.INCONCLUSIVE) if self._counts[kind]
        ]
        line = ", ".join((f"{self._counts.total()} of {self._total}", *problems, group))
        self._progress.update(self._task, advance=1, description=line)

    def print(self, line: str) -> None:
        """Print `line` above the live line."""
        with suppress(OSError):
            self._progress.console.print(Text(line))


class ProgressView:
    """A context manager that shows the progress of the probes; its methods are thread-safe.

    `group_sizes` is the number of probes in each group. A broken stream ends the display, not the run.
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
        """End the display, and print the groups that weren't finished."""
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
            counts = self._groups.get(name)
            if counts is None:
                counts = self._groups[name] = Counter()
            counts[result.verdict] += 1
            if self._live:
                self._live.advance(result.verdict, escape_control(name, self._encoding))
            elif not self._quiet and counts.total() == self._group_sizes.get(name):
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

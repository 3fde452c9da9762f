"""The table at the end of a run, for a terminal or a log: readable at 80 columns and without colour."""

from typing import TextIO

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from temp_access.verify.model import Result, Verdict, VerificationReport
from temp_access.verify.report.describe import counts_text, details, target_text
from temp_access.verify.report.groups import Group, grouped, shorten
from temp_access.verify.report.redact import redact_report
from temp_access.verify.report.visible import escape_control

_NARROWEST = 64
STYLES = {Verdict.PASSED: "green", Verdict.FAILED: "bold red", Verdict.INCONCLUSIVE: "yellow"}


def print_table(report: VerificationReport, out: Console | TextIO) -> None:
    """Print the groups, every probe that didn't pass, the warnings, and one last line with the counts."""
    report = redact_report(report)
    console = out if isinstance(out, Console) else Console(file=out)
    if report.results:
        console.print(_table(report, console), crop=False)
        console.print()
    for verdict in (Verdict.FAILED, Verdict.INCONCLUSIVE):
        found = [result for result in report.results if result.verdict is verdict]
        for number, result in enumerate(found, start=1):
            line = f"{verdict.upper()} {number} of {len(found)}: {result.probe.group}: {result.probe.title}"
            console.print(_text(line, console, STYLES[verdict]))
            console.print(Padding(_details(result, console), (0, 0, 1, 2), expand=False))
    for warning in report.warnings:
        console.print(_text(f"WARNING: {warning}", console, "yellow"))
    if report.warnings:
        console.print()
    # A log gets one line that can be searched; a terminal gets it wrapped between words.
    last = _text(f"{counts_text(report)} ({target_text(report)})", console)
    console.print(last, soft_wrap=not console.is_terminal)


def _table(report: VerificationReport, console: Console) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    if console.width < _NARROWEST:
        # It would lose columns; the terminal breaks the lines instead.
        table.width = _NARROWEST
    table.add_column("group", overflow="fold")
    for name in ("probes", *Verdict):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("what holds", overflow="fold")
    groups, rest = shorten(grouped(report))
    for group in (*groups, rest) if rest else groups:
        table.add_row(*_row(group, console))
    return table


def _row(group: Group, console: Console) -> list[Text]:
    counts = [(verdict, group.count(verdict)) for verdict in Verdict]
    return [
        _text(group.name, console),
        Text(str(len(group.results))),
        # A dash, so that what isn't zero stands out without colour too.
        *(Text(str(count), STYLES[verdict]) if count else Text("-") for verdict, count in counts),
        Text(group.statement, STYLES[group.verdict]),
    ]


def _details(result: Result, console: Console) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in details(result):
        grid.add_row(Text(label), _text(text, console))
    return grid


def _text(text: str, console: Console, style: str = "") -> Text:
    # A Text, not a str: rich would read `[red]` in an id as markup and `:bug:` as an emoji.
    return Text(escape_control(text, console.encoding), style)

"""What a campaign shows: a line of progress, a table at the end, and JSON."""

import json
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TextIO

from tests.integration.faults.campaign.judge import PROBLEMS
from tests.integration.faults.campaign.runs import CampaignRun


def counts(runs: Sequence[CampaignRun]) -> dict[str, int]:
    """Return the number of runs with each kind of problem."""
    found = Counter(kind for run in runs for kind in {problem.kind for problem in run.problems})
    return {kind: found[kind] for kind in PROBLEMS}


def faults(runs: Sequence[CampaignRun]) -> Counter[str]:
    """Return the number of faults by kind."""
    total: Counter[str] = Counter()
    for run in runs:
        total += run.faults
    return total


def to_json(runs: Sequence[CampaignRun], arguments: dict[str, Any], seconds: float) -> str:
    """Return the whole campaign as JSON."""
    made = faults(runs)
    effects = made.pop("(took effect)", 0)
    document = {
        "arguments": arguments,
        "python": platform.python_version(),
        "seconds": round(seconds),
        "runs": len(runs),
        "kills": sum(bool(run.signal) for run in runs),
        "broken": sum(bool(run.mutant) for run in runs),
        "calls": sum(run.calls for run in runs),
        "faults": sum(made.values()),
        "took_effect": effects,
        "faults_by_kind": dict(made.most_common()),
        "styles": dict(Counter(run.style for run in runs).most_common()),
        "exit_codes": _codes(runs),
        "problems": counts(runs),
        "runs_in_detail": [_details(run) for run in runs],
    }
    return json.dumps(document, indent=1) + "\n"


def _details(run: CampaignRun) -> dict[str, Any]:
    return {**vars(run), "faults": dict(run.faults), "problems": [asdict(problem) for problem in run.problems]}


def _codes(runs: Sequence[CampaignRun]) -> dict[str, dict[str, int]]:
    """Return how often each command ended with each exit code, on a healthy and on a broken deployment."""
    found: dict[str, Counter[str]] = {}
    for run in runs:
        what = f"{run.command}, killed" if run.signal else f"{run.command}, broken" if run.mutant else run.command
        found.setdefault(what, Counter())["none" if run.code is None else str(run.code)] += 1
    return {what: dict(sorted(codes.items())) for what, codes in sorted(found.items())}


class Progress:
    """Shows the current run on a terminal, and each run with a problem anywhere."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self._total = total
        self._stream = stream

    def show(self, runs: Sequence[CampaignRun]) -> None:
        """Show that the last of `runs` ended."""
        last = runs[-1]
        for problem in last.problems:
            self._clear()
            print(f"run {last.number} {last.command}: {problem.kind}: {problem.seen}", file=self._stream)
            print(f"  {last.mutant or 'healthy'}; {last.plan}", file=self._stream)
        made = sum(faults(runs).values())
        line = f"{len(runs)} of {self._total} runs, {made} faults, last: {last.command} → {last.code}"
        if self._stream.isatty():
            print(f"\r\x1b[K{line}", end="", file=self._stream, flush=True)
        elif len(runs) % 25 == 0:
            print(line, file=self._stream, flush=True)

    def finish(self) -> None:
        """End the line."""
        self._clear()

    def _clear(self) -> None:
        if self._stream.isatty():
            print("\r\x1b[K", end="", file=self._stream)


def print_table(runs: Sequence[CampaignRun], seconds: float, stream: TextIO) -> None:
    """Print one line for each command, the faults by kind, and the sum."""
    names = list(dict.fromkeys(run.command for run in runs))
    header = ["command", "runs", "broken", "kills", "faults", *PROBLEMS]
    rows = [_row(name, [run for run in runs if run.command == name]) for name in names]
    rows.append(_row("all", runs))
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), file=stream)
    made = faults(runs)
    print(f"\nfaults: {', '.join(f'{kind} {count}' for kind, count in made.most_common())}", file=stream)
    print(f"{len(runs)} runs in {seconds:.0f} s, {sum(bool(run.problems) for run in runs)} with a problem", file=stream)


def _row(name: str, runs: Sequence[CampaignRun]) -> list[str]:
    made = faults(runs)
    made.pop("(took effect)", None)
    numbers = [
        len(runs),
        sum(bool(run.mutant) for run in runs),
        sum(bool(run.signal) for run in runs),
        sum(made.values()),
        *counts(runs).values(),
    ]
    return [name, *map(str, numbers)]

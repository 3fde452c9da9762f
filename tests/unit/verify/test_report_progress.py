"""The progress display of a run."""

import io
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from temp_access.config.model import Grant
from temp_access.verify.probes import Result, Verdict
from temp_access.verify.report.terminal import ProgressView
from tests.unit.support.report_sample import BOB, BOBBY, HOSTILE, passed, put_probe

FAILED = Result(put_probe(BOB), Verdict.FAILED, "refused")
UNSURE = Result(put_probe(BOB), Verdict.INCONCLUSIVE, "throttled")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


class Slow(io.StringIO):
    """A stream on which every write lets the other threads run."""

    def write(self, text: str) -> int:
        """Write a little later."""
        time.sleep(0.0005)
        return super().write(text)


class Broken(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, text: str) -> int:
        """It can't."""
        raise BrokenPipeError


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


def test_prints_one_line_for_each_finished_group_in_a_log() -> None:
    """After its last probe, with the counts that aren't zero."""
    out = io.StringIO()
    with ProgressView(4, out, group_sizes={"bob": 3, "bobby": 1}) as progress:
        progress.finished(FAILED)
        progress.finished(passed(put_probe(BOB)))
        assert out.getvalue() == ""
        progress.finished(passed(put_probe(BOBBY)))
        progress.finished(UNSURE)

    assert out.getvalue().splitlines() == [
        "bobby: 1 passed",
        "bob: 1 passed, 1 failed, 1 inconclusive",
    ]


def test_flushes_each_line() -> None:
    """A log that somebody watches shows it at once."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8")
    ProgressView(1, stream, group_sizes={"bob": 1}).finished(FAILED)

    assert raw.getvalue() == b"bob: 1 failed\n"


def test_names_unfinished_groups() -> None:
    """After Ctrl-C the progress of the run is known."""
    out = io.StringIO()
    with suppress(KeyboardInterrupt), ProgressView(3, out, group_sizes={"bob": 3}) as progress:
        progress.finished(FAILED)
        raise KeyboardInterrupt

    assert out.getvalue() == "bob: stopped after 1 of 3: 1 failed\n"


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_is_silent_when_quiet(stream: type[io.StringIO]) -> None:
    """Not one line."""
    out = stream()
    with ProgressView(1, out, group_sizes={"bob": 1}, quiet=True) as progress:
        progress.finished(FAILED)

    assert out.getvalue() == ""


def test_counts_results_from_many_threads() -> None:
    """No result is lost, and no lines are mixed."""
    out = Slow()
    grants = [Grant(f"id-{n}", "read", "x") for n in range(50)]
    results = [passed(put_probe(grant)) for grant in grants for _ in range(2)]
    sizes = {grant.id: 2 for grant in grants}
    with ProgressView(100, out, group_sizes=sizes) as progress, ThreadPoolExecutor(8) as pool:
        list(pool.map(progress.finished, results))

    assert sorted(out.getvalue().splitlines()) == sorted(f"{grant.id}: 2 passed" for grant in grants)


def test_shows_count_failures_and_group_on_a_terminal() -> None:
    """On one line, which is removed at the end."""
    out = Terminal()
    with ProgressView(41, out, group_sizes={"bob": 41}) as progress:
        progress.finished(passed(put_probe(BOB)))
        progress.finished(FAILED)

    assert "2 of 41, 1 failed, bob" in out.getvalue()
    assert out.getvalue().endswith("bob: stopped after 2 of 41: 1 passed, 1 failed\n")


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("TTY_INTERACTIVE", "0")])
def test_prints_lines_on_a_terminal_that_cannot_redraw(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor's shell gets lines, not escape sequences."""
    monkeypatch.setenv(name, value)
    out = Terminal()
    with ProgressView(1, out, group_sizes={"bob": 1}) as progress:
        progress.finished(FAILED)

    assert out.getvalue() == "bob: 1 failed\n"


def test_forced_colour_doesnt_mean_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """CI systems set FORCE_COLOR, and a redrawn line would fill their logs."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = io.StringIO()
    with ProgressView(1, out, group_sizes={"bob": 1}) as progress:
        progress.finished(FAILED)

    assert out.getvalue() == "bob: 1 failed\n"


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_shows_hostile_texts_escaped(stream: type[io.StringIO]) -> None:
    """In the names of groups."""
    out = stream()
    with ProgressView(1, out, group_sizes={HOSTILE: 1}) as progress:
        progress.finished(passed(put_probe(Grant(HOSTILE, "read", "x"))))

    assert not {"\x00", "\x07", "\u202e"} & set(out.getvalue())


@pytest.mark.parametrize("tty", [True, False])
def test_a_broken_stream_doesnt_fail_the_run(tty: bool) -> None:
    """The clean-up of a run matters more than its display."""
    out = Broken()
    out.isatty = lambda: tty  # type: ignore[method-assign]
    with ProgressView(1, out, group_sizes={"bob": 1}) as progress:
        progress.finished(FAILED)

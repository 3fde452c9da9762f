"""The command `temp-access` itself: what it says of usage, of an interruption, and where its output can't go."""

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from temp_access.cli.main import COMMANDS, main
from tests.unit.support.config_file import ROOT


def temp_access(*words: str, before: str = "", **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, after the statement `before`."""
    code = f"from temp_access.cli import main; {before or 'pass'}; main.run()"
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-c", code, *words], text=True, stderr=subprocess.PIPE, check=False, **options
    )


def test_alone_it_shows_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, as bad usage."""
    with pytest.raises(SystemExit) as ended:
        main([])
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert all(f"    {command}" in said.err for command in COMMANDS)


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    """As for a bug report."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (ended.value.code, capsys.readouterr().out) == (0, f"temp-access {project['version']}\n")


def test_a_misspelt_option_leads_to_the_commands_own_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The usage of the whole program doesn't have it."""
    with pytest.raises(SystemExit) as ended:
        main(["verify", "--ofline"])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said == "temp-access verify: unrecognized arguments: --ofline; see temp-access verify --help\n"


def test_an_interruption_while_the_modules_load() -> None:
    """Ctrl-C in the first moments is one word as well, no traceback."""
    interrupted = "main.make_parser = lambda _: main.signal.raise_signal(main.signal.SIGINT)"
    ended = temp_access("explain", before=interrupted)
    assert (ended.returncode, ended.stderr) == (130, "interrupted\n")


def test_a_character_that_the_terminal_lacks_is_escaped() -> None:
    """Neither ASCII nor Latin-1 has the ellipsis, which many outputs do."""
    ended = temp_access(
        "explain", "AccessDenied", stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "\\u2026" in ended.stdout


def test_a_full_disk_is_one_sentence() -> None:
    """It says nothing about what was asked, so it isn't 1."""
    with Path("/dev/full").open("w") as full:
        ended = temp_access("explain", stdout=full)
    assert ended.returncode == 3
    assert ended.stderr == "the output can't be written: No space left on device; free some space and try again\n"


def test_a_reader_that_has_gone_is_no_failed_check() -> None:
    """`verify | head` ends as the shell expects of it, and not with the code of a failed probe."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        ended = temp_access("explain", stdout=gone)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, "")

"""The command `temp-access` itself: usage, interruptions, and output that can't be written."""

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


def test_without_arguments_it_shows_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """To standard error, as for bad usage."""
    with pytest.raises(SystemExit) as raised:
        main([])
    output = capsys.readouterr()
    assert (raised.value.code, output.out) == (2, "")
    assert all(f"    {command}" in output.err for command in COMMANDS)


def test_shows_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    """For a bug report."""
    with pytest.raises(SystemExit) as raised:
        main(["--version"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (raised.value.code, capsys.readouterr().out) == (0, f"temp-access {project['version']}\n")


def test_a_misspelt_option_refers_to_the_commands_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The program's own usage doesn't show the command's options."""
    with pytest.raises(SystemExit) as raised:
        main(["verify", "--ofline"])
    output = capsys.readouterr().err
    assert raised.value.code == 2
    assert output == "temp-access verify: unrecognized arguments: --ofline; see temp-access verify --help\n"


def test_an_interruption_while_modules_load() -> None:
    """Ctrl-C prints one word and no traceback, even in the first moments."""
    interrupted = "main.make_parser = lambda _: main.signal.raise_signal(main.signal.SIGINT)"
    process = temp_access("explain", before=interrupted)
    assert (process.returncode, process.stderr) == (130, "interrupted\n")


def test_escapes_characters_that_the_terminal_lacks() -> None:
    """Neither ASCII nor Latin-1 has the ellipsis that many outputs contain."""
    process = temp_access(
        "explain", "AccessDenied", stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert (process.returncode, process.stderr) == (0, "")
    assert "\\u2026" in process.stdout


def test_a_full_disk_is_one_line() -> None:
    """The check wasn't decided, so the exit code isn't 1."""
    with Path("/dev/full").open("w") as full:
        process = temp_access("explain", stdout=full)
    assert process.returncode == 3
    assert process.stderr == "the output can't be written: No space left on device; free some space and try again\n"


def test_a_closed_pipe_isnt_a_failed_check() -> None:
    """`verify | head` exits as a shell expects, not with the code of a failed probe."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        process = temp_access("explain", stdout=gone)
    assert (process.returncode, process.stderr) == (128 + signal.SIGPIPE, "")

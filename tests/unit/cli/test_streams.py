"""Closed and full standard streams: no verdict changes, and nothing lands on another stream or in a file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.support.config_file import ROOT

PROGRAM = f"{sys.executable} -c 'from temp_access.cli.main import run; run()'"
FULL = "the output can't be written: No space left on device; free some space and try again\n"
CLOSED = "the output can't be written: it is closed; redirect it elsewhere\n"


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of the shell, in which `temp-access` is this code's command."""
    return subprocess.run(
        ["sh", "-c", command.replace("temp-access", PROGRAM)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(name="cases", scope="module")
def _cases(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Return a file of cases for each verdict of `simulate`: 0 and 1."""
    folder = tmp_path_factory.mktemp("cases")
    document = json.loads((ROOT / "tests/data/iam-cases.json").read_text(encoding="utf-8"))
    case = {name: value for name, value in document["cases"][0].items() if name != "decision"}
    assert case["expected"] == "allow"
    for code, expected in enumerate(("allow", "deny")):
        content = {**document, "cases": [{**case, "expected": expected}]}
        (folder / f"{code}.json").write_text(json.dumps(content))
    return {code: folder / f"{code}.json" for code in (0, 1)}


@pytest.mark.parametrize("verdict", [0, 1])
@pytest.mark.parametrize(
    ("redirection", "told"),
    [
        ("", ""),
        ("2>&-", ""),
        ("2>/dev/full", ""),
        (">&-", CLOSED),
        (">/dev/full", FULL),
        (">&- 2>&-", ""),
        ("<&- >&- 2>&-", ""),
        ("<&- >/dev/full 2>/dev/full", ""),
    ],
)
def test_a_verdict_stays(verdict: int, redirection: str, told: str, cases: dict[int, Path]) -> None:
    """Of a check that passes and of one that fails; what couldn't be written is said, if there is where to say it."""
    plain = shell(f"temp-access simulate {cases[verdict]}")
    ended = shell(f"temp-access simulate {cases[verdict]} {redirection}")
    assert plain.returncode == verdict, plain.stdout + plain.stderr
    assert ended.returncode == verdict, ended.stdout + ended.stderr
    assert ended.stderr == (plain.stderr + told if "2>" not in redirection else "")
    assert ended.stdout == ("" if ">&-" in redirection.split() or ">/dev/full" in redirection.split() else plain.stdout)


@pytest.mark.parametrize(("redirection", "told"), [(">&-", CLOSED), (">/dev/full", FULL)])
def test_an_output_that_is_lost_isnt_fine(redirection: str, told: str) -> None:
    """The command was asked for nothing else."""
    ended = shell(f"temp-access explain AccessDenied {redirection}")
    assert (ended.returncode, ended.stderr) == (3, told)
    ended = shell(f"temp-access --help {redirection}")
    assert (ended.returncode, ended.stderr) == (3, told)


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
def test_nothing_is_said_to_be_handed_out(redirection: str) -> None:
    """As for credentials, which have the same way out."""
    ended = shell(f"temp-access policy bob --bucket b {redirection}")
    assert ended.returncode == 1
    assert "standard output can't be written (" in ended.stderr
    assert ended.stderr.endswith("), so nothing was handed out; redirect it elsewhere\n")


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "<&- 2>&-"])
def test_a_message_never_lands_on_standard_output(redirection: str, tmp_path: Path) -> None:
    """A shell would evaluate it; and no file gets the number of the closed stream, and the message with it."""
    ended = shell(f"temp-access forget {redirection}", XDG_CACHE_HOME=str(tmp_path))
    assert (ended.returncode, ended.stdout) == (0, "")
    ended = shell(f"temp-access policy nobody --bucket b {redirection}")
    assert (ended.returncode, ended.stdout) == (2, "")
    ended = shell(f"temp-access policy {redirection}")
    assert (ended.returncode, ended.stdout) == (2, "")


def test_a_stderr_that_nobody_reads_changes_no_verdict() -> None:
    """Not even to the exit code of a closed pipe: that is standard output's."""
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run(
        [sys.executable, "-c", "from temp_access.cli.main import run; run()", "policy", "nobody", "--bucket", "b"],
        stdout=subprocess.PIPE,
        stderr=writing,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert (process.returncode, process.stdout) == (2, b"")


@pytest.mark.parametrize("home", ["", "relative", "./x"])
def test_a_relative_home_is_refused(home: str, tmp_path: Path) -> None:
    """By every command: botocore would take the credentials of the working folder, and the cache would lie there."""
    environment = {n: v for n, v in os.environ.items() if n not in ("HOME", "XDG_CACHE_HOME")}
    # Without HOME, only what would be kept below it is refused: the system may know the home folder.
    for command in ("status", "forget", "explain") if home else ("forget",):
        ended = subprocess.run(
            [sys.executable, "-c", "from temp_access.cli.main import run; run()", command],
            cwd=tmp_path,
            env={**environment, **({"HOME": home} if home else {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 2, ended.stderr
        assert "HOME is" in ended.stderr
        assert "; set it to your home folder" in ended.stderr
    assert list(tmp_path.iterdir()) == []

"""The completion scripts in the shells themselves."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from temp_access.cli.completion import SHELLS, script
from tests.unit.support.shell_terminal import complete_lines

PROGRAM = Path(sys.executable).with_name("temp-access")
# They hold everything that a shell could run, expand or split.
HOSTILE = "x$(touch pwned)`touch pwned`;touch pwned|&<(touch pwned) \\'\"*?[a]{b,c}:=^%s é"
# zsh loses a backslash of an id whose beginning stands in single quotes.
IN_QUOTES = 'y$(touch pwned)`touch pwned`;touch pwned|&<(touch pwned) "*?[a]{b,c}:=^%s é'
IDS = ["bob", "bobby", "al ice", HOSTILE, IN_QUOTES, "#hash", "~root", "!bang", "line\nbreak"]


@pytest.fixture(name="shell", params=SHELLS)
def _shell(request: pytest.FixtureRequest) -> str:
    shell = str(request.param)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    return shell


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    quoted = ("".join(f"\\U{ord(character):08X}" for character in id_) for id_ in IDS)
    (tmp_path / "access.toml").write_text("".join(f'[grants."{id_}"]\n' for id_ in quoted))
    (tmp_path / "other.toml").write_text("[grants.carol]\n")
    return tmp_path


def in_shell(shell: str, folder: Path, *lines: str) -> list[list[str]]:
    """Return the arguments of the command in each line, after the Tab key."""
    return complete_lines(shell, folder, script(shell, str(PROGRAM)), *lines)


def test_a_shell_completes_the_word_before_the_cursor(shell: str, folder: Path) -> None:
    """It completes commands, options, choices, grant ids (from access.toml or --config's file) and file names."""
    lines = {
        "temp-access revo": ["revoke"],
        "temp-access revoke --un": ["revoke", "--undo"],
        "temp-access completion z": ["completion", "zsh"],
        "temp-access revoke bo": ["revoke", "bob"],
        "temp-access revoke bobb": ["revoke", "bobby"],
        "temp-access revoke --config other.toml c": ["revoke", "--config", "other.toml", "carol"],
        "temp-access revoke --config oth": ["revoke", "--config", "other.toml"],
        "temp-access exec bob -- ls oth": ["exec", "bob", "--", "ls", "other.toml"],
        "temp-access exec bob -- ls --conf": ["exec", "bob", "--", "ls", "--conf"],
        "true; temp-access verify --grant al": ["verify", "--grant", "al ice"],
        "temp-access nonsense --conf": ["nonsense", "--conf"],
    }
    assert in_shell(shell, folder, *lines) == list(lines.values())


def test_a_hostile_id_is_quoted_and_never_run(shell: str, folder: Path) -> None:
    """The command gets exactly the id, whatever it holds and however its beginning is quoted."""
    beginnings = {"al": "al ice", "al\\ i": "al ice", "\\#": "#hash", "\\~": "~root", "\\!": "!bang"}
    beginnings |= {"x": HOSTILE, "x\\$\\(touch\\ p": HOSTILE, '"x': HOSTILE, "'y": IN_QUOTES, "line": "line"}
    arguments = in_shell(shell, folder, *(f"temp-access revoke {beginning}" for beginning in beginnings))
    assert arguments == [["revoke", id_] for id_ in beginnings.values()]
    assert not (folder / "pwned").exists()


def test_the_script_asks_the_program_that_printed_it(shell: str, folder: Path) -> None:
    """Its folder's name may need quotes, and hold what a shell would run."""
    hostile = folder / "a b'c\\$(touch pwned)\"`touch pwned`;{function}%s"
    hostile.mkdir()
    (hostile / "temp-access").symlink_to(PROGRAM)
    command = [str(hostile / "temp-access"), "completion", shell]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed == script(shell, str(hostile / "temp-access"))
    assert complete_lines(shell, folder, printed, "temp-access revo") == [["revoke"]]
    assert not (folder / "pwned").exists()

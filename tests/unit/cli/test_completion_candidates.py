"""What can come next on a command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from argcomplete.lexers import split_line

from temp_access.cli.completion import Finder, excluded, grant_ids
from temp_access.cli.main import COMMANDS, make_parser


@pytest.fixture(name="folder", autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "access.toml").write_text('[grants.bob]\n[grants.bobby]\n[grants."al ice $(id)"]\n')
    (tmp_path / "other.toml").write_text('[users.ann]\n[grants.carol]\nfolder = "inbox/carol"\n')
    return tmp_path


def after(line: str) -> list[str]:
    """Return what bash offers for the last word of the line, which leaves out the program's name."""
    _, prefix, _, words, _ = split_line(line)
    finder = Finder(make_parser(words), exclude=excluded(words), append_space=False)
    candidates: list[str] = []
    while (candidate := finder.rl_complete(line, len(candidates))) is not None:
        candidates.append(candidate[len(line) - len(prefix) :])
    return candidates


IDS = ["bob", "bobby", "al\\ ice\\ \\$\\(id\\)"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", list(COMMANDS)),
        ("--debug ", list(COMMANDS)),
        ("re", ["revoke", "review"]),
        ("revoke ", IDS),
        ("revoke --yes bo", ["bob", "bobby"]),
        ("revoke --wait 5m ", IDS),
        ("revoke bob ", []),
        ("revoke --config ", []),
        ("revoke --config other.toml ", ["carol"]),
        ("revoke --config=other.toml ", ["carol"]),
        ("revoke --config 'other.toml' ", ["carol"]),
        ("revoke 'unfinished ", []),
        ("revoke --un", ["--undo"]),
        ("verify --grant ", IDS),
        ("verify --grant bob --grant ", IDS),
        ("can ", ["user", "role", *IDS]),
        ("can --config other.toml user", ["user", "user/ann"]),
        ("can bob sts", ["sts:AssumeRole"]),
        ("who s3:G", ["s3:GetObject"]),
        ("who s3:GetObject bo", ["bob/", "bobby/"]),
        ("who --config other.toml s3:GetObject in", ["inbox/carol/"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("local ", ["start", "stop", "status", "env", "issuer"]),
        ("local env --format ", ["shell", "json"]),
        ("exec bob -- ls --", []),
        ("nonsense ", list(COMMANDS)),
    ],
)
def test_what_comes_next(line: str, expected: list[str]) -> None:
    """Commands, their arguments, grant ids; without candidates, bash completes file names."""
    assert after(line) == expected


@pytest.mark.parametrize("command", COMMANDS)
def test_every_commands_options_are_offered(command: str) -> None:
    """They come from the parsers themselves, so none can be missed."""
    options = after(f"{command} --")
    assert "--help" in options
    assert all(option.startswith("--") for option in options)


def test_an_option_needs_a_hyphen() -> None:
    """Without one, only ids and commands are offered; after --, nothing is an option."""
    assert "--yes" in after("revoke -")
    assert after("revoke -- -") == []


@pytest.mark.parametrize("text", ["", "[grants", "grants = 1", "grants = []", '[grants."a\\nb"]', "\x00"])
def test_a_file_that_cannot_be_read_has_no_ids(folder: Path, text: str) -> None:
    """Completion never complains, and an id that would be two lines is left out."""
    (folder / "access.toml").write_text(text)
    assert grant_ids(folder / "access.toml") == []


def test_a_file_that_is_not_there_has_no_ids(folder: Path) -> None:
    """Nor one that isn't text."""
    assert grant_ids(folder / "nowhere.toml") == []
    (folder / "binary.toml").write_bytes(os.urandom(64))
    assert grant_ids(folder / "binary.toml") == []


def imported(*arguments: str, **variables: str) -> set[str]:
    """Return the modules that the command imports."""
    command = [sys.executable, "-X", "importtime", "-m", "temp_access", *arguments]
    ended = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=True)
    return {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}


def test_a_key_press_imports_nothing_heavy(folder: Path) -> None:
    """The shell waits for the answer."""
    line = "temp-access revoke b"
    variables = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line))}
    modules = imported(_ARGCOMPLETE_STDOUT_FILENAME=str(folder / "candidates"), **variables)
    assert (folder / "candidates").read_text().split("\v") == ["bob", "bobby"]
    assert not modules & {"boto3", "botocore", "rich", "temp_access.access_file", "cryptography"}


def test_argcomplete_is_imported_only_for_the_shell() -> None:
    """Neither --help nor a cached call pays for it."""
    modules = imported("--help")
    assert "temp_access.cli.main" in modules
    assert "argcomplete" not in modules

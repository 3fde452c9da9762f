"""What can come next on a command line."""

import argparse
import os
from pathlib import Path

import pytest

from temp_access.cli.completion import candidates, grant_ids
from temp_access.cli.main import COMMANDS, main, make_parser


@pytest.fixture(name="folder", autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "access.toml").write_text('[grants.bob]\n[grants.bobby]\n[grants."al ice $(id)"]\n')
    (tmp_path / "other.toml").write_text("[grants.carol]\n")
    return tmp_path


def after(*words: str) -> list[str]:
    """Return what can stand in the place of the last word."""
    return candidates(make_parser(words[:-1]), words)


IDS = ["bob", "bobby", "al ice $(id)"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["", ], list(COMMANDS)),
        (["--debug", ""], list(COMMANDS)),
        (["revoke", ""], IDS),
        (["revoke", "--yes", "bo"], IDS),
        (["revoke", "--wait", "5m", ""], IDS),
        (["revoke", "bob", ""], []),
        (["revoke", "--config", ""], []),
        (["revoke", "--config", "other.toml", ""], ["carol"]),
        (["verify", "--grant", ""], IDS),
        (["completion", ""], ["bash", "zsh"]),
        (["local", ""], ["start", "stop", "status", "env"]),
        (["local", "env", "--format", ""], ["shell", "json"]),
        (["nonsense", ""], []),
    ],
)  # fmt: skip
def test_what_comes_next(words: list[str], expected: list[str]) -> None:
    """Commands, their arguments, ids of grants; an empty answer leaves it to file names."""
    assert after(*words) == expected


@pytest.mark.parametrize("command", COMMANDS)
def test_every_commands_options_are_offered(command: str) -> None:
    """They come from the parsers themselves, so none can be missed."""
    found = after(command, "--")
    assert "--help" in found
    assert all(option.startswith("--") for option in found)


def test_nothing_is_an_option_after_two_hyphens() -> None:
    """What follows is the command's that is run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--yes", action="store_true")
    parser.add_argument("words", nargs="*")
    assert candidates(parser, ["--", "-"]) == []
    assert "--yes" in candidates(parser, ["-"])


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


@pytest.mark.parametrize(
    ("words", "expected", "code"),
    [
        (["grants"], IDS, 0),
        (["grants", "other.toml"], ["carol"], 0),
        (["line", "2", "temp-access", "revoke", ""], IDS, 0),
        (["line", "2", "temp-access", "revoke"], IDS, 0),
        (["line", "4", "temp-access", "revoke", "--config", "'other.toml'", ""], ["carol"], 0),
        (["line", "3", "temp-access", "revoke", "'unfinished", ""], [], 0),
        (["line", "9", "temp-access"], [], 2),
        (["line", "0", "temp-access"], [], 2),
        (["line", "x", "temp-access"], [], 2),
        (["line"], [], 2),
        ([], [], 2),
    ],
)
def test_the_hidden_command(
    words: list[str], expected: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """It answers the scripts' questions, and is in no help."""
    assert main(["__complete", *words]) == code
    assert capsys.readouterr().out.splitlines() == expected
    assert "__complete" not in make_parser([]).format_help()

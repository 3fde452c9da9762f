"""The completion scripts in the shells themselves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from temp_access.cli.completion import SHELLS, script

PROGRAM = Path(sys.executable).with_name("temp-access")
ZSH = shutil.which("zsh")
# Readline's part, by hand: bash calls the function with these three set.
IN_BASH = """
source "$1"; shift
compopt() { echo "compopt $*"; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_temp_access
printf '%s\\n' "${COMPREPLY[@]}"
"""
# A terminal of zsh's own, with the keys typed into it; what completion makes of the line is printed by accept-line.
IN_ZSH = r"""
import os, pty, re, select, sys, time
zsh, script, line = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(PS1="> ", TERM="dumb")
    os.execv(zsh, [zsh, "-f", "-i"])
def until(text, seconds=20):
    seen, end = b"", time.time() + seconds
    while text not in seen and time.time() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 65536)
    return seen.decode(errors="replace")
def type_(text):
    os.write(terminal, text.encode())
type_("autoload -Uz compinit && compinit -u -D; unsetopt beep list_ambiguous; setopt no_auto_list; "
      f"source {script}; take() {{ print -r -- \"TAKEN[$BUFFER]\"; BUFFER=; zle accept-line }}; zle -N take; "
      "bindkey '^X' take; print READY''NOW\n")
until(b"READYNOW\r\n")
type_(line + "\t")
time.sleep(2)
type_("\x18")
seen = until(b"]")
print(re.findall(r"TAKEN\[(.*)\]", seen)[-1] if "TAKEN[" in seen else repr(seen))
os.kill(pid, 9)
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "access.toml").write_text(
        '[grants.bob]\n[grants.bobby]\n[grants."al ice"]\n[grants."x$(touch pwned)`touch pwned`"]\n[grants.y]\n'
    )
    for shell in SHELLS:
        (tmp_path / f"{shell}.sh").write_text(script(shell, str(PROGRAM)))
    return tmp_path


def in_bash(folder: Path, *words: str) -> list[str]:
    """Return what bash would offer for the last word."""
    command = ["bash", "--norc", "-c", IN_BASH, "bash", str(folder / "bash.sh"), "temp-access", *words]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert ended.stderr == ""
    return [line for line in ended.stdout.splitlines() if line]


def in_zsh(folder: Path, line: str) -> str:
    """Return the line after the tabulator key."""
    assert ZSH is not None
    command = [sys.executable, "-c", IN_ZSH, ZSH, str(folder / "zsh.sh"), line]
    environment = {**os.environ, "HOME": str(folder), "ZDOTDIR": str(folder)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_bash_offers_what_begins_so(folder: Path) -> None:
    """Commands, options, choices, and ids from access.toml."""
    assert in_bash(folder, "revo") == ["revoke"]
    assert in_bash(folder, "revoke", "--un") == ["--undo"]
    assert in_bash(folder, "revoke", "bob") == ["bob", "bobby"]
    assert in_bash(folder, "completion", "") == ["bash", "zsh"]


def test_bash_falls_back_to_file_names(folder: Path) -> None:
    """Where a file is as good as anything."""
    assert in_bash(folder, "revoke", "--config", "") == ["compopt -o default"]


def test_bash_quotes_an_id_and_never_runs_it(folder: Path) -> None:
    """An id may hold blanks and what looks like a command."""
    assert in_bash(folder, "revoke", "al") == ["al\\ ice"]
    assert in_bash(folder, "revoke", "al\\ i") == ["al\\ ice"]
    [offered] = in_bash(folder, "revoke", "x")
    assert offered == "x\\$\\(touch\\ pwned\\)\\`touch\\ pwned\\`"
    assert not (folder / "pwned").exists()


def test_the_script_is_printed_for_the_program_that_printed_it(folder: Path) -> None:
    """Also from a folder whose name needs quotes."""
    there = folder / "a b'c"
    there.mkdir()
    (there / "temp-access").symlink_to(PROGRAM)
    for shell in SHELLS:
        ended = subprocess.run([there / "temp-access", "completion", shell], capture_output=True, text=True, check=True)
        assert ended.stdout == script(shell, str(there / "temp-access"))
    (folder / "bash.sh").write_text(script("bash", str(there / "temp-access")))
    assert in_bash(folder, "revo") == ["revoke"]


def test_a_key_press_is_not_kept_waiting(folder: Path) -> None:
    """Nothing heavy is imported to know the ids."""
    code = (
        "import sys; from temp_access.cli.main import main; main(['__complete', 'line', '2', 'x', 'revoke', '']); "
        "print(*[name for name in ('boto3', 'botocore', 'rich', 'temp_access.access_file') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == ""


@pytest.mark.skipif(ZSH is None, reason="zsh is not installed")
def test_zsh_completes_and_quotes(folder: Path) -> None:
    """The same, with zsh's own line editor."""
    assert in_zsh(folder, "temp-access revo") == "temp-access revoke"
    assert in_zsh(folder, "temp-access revoke al") == "temp-access revoke al\\ ice"
    assert in_zsh(folder, "temp-access revoke x").startswith("temp-access revoke x\\$\\(touch\\ pwned\\)")
    assert in_zsh(folder, "temp-access revoke --und") == "temp-access revoke --undo"
    assert not (folder / "pwned").exists()

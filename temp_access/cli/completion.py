"""`temp-access completion`: print the completion script for a shell, and answer the script's questions."""

import argparse
import os
import shlex
import sys
import tomllib
from collections.abc import Callable, Container, Iterable, Sequence
from pathlib import Path
from typing import Any

from argcomplete.completers import BaseCompleter, FilesCompleter
from argcomplete.finders import CompletionFinder
from argcomplete.lexers import split_line
from argcomplete.shell_integration import shellcode

EXAMPLES = """\
examples:
  source <(temp-access completion bash)      in ~/.bashrc
  source <(temp-access completion zsh)       in ~/.zshrc, after compinit
  temp-access completion fish | source       in ~/.config/fish/config.fish

The script asks the temp-access that printed it. Grant ids come from access.toml in the current folder, or from the
file that --config names."""
SHELLS = ("bash", "zsh", "fish")
# The metavar of arguments that are a grant's id.
_ID = "ID"
_FUNCTION = "__temp_access_program"
# argcomplete's script hands over zsh's whole line, with the commands before this one, and knows no file names.
_ZSH = """#compdef temp-access
{function}() {{
    local line="${{(j: :)words[1,CURRENT-1]}} $QIPREFIX$PREFIX"
    COMP_LINE="$line" COMP_POINT=${{#line}} {program}
}}
{argcomplete}
_temp_access() {{
    _python_argcomplete_{function} "$@"
    (( compstate[nmatches] )) || _files
}}
compdef _temp_access temp-access
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("shell", choices=SHELLS, help="bash, zsh or fish")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    print(script(args.shell, str(Path(sys.argv[0]).absolute())), end="")
    return 0


def script(shell: str, program: str) -> str:
    """Return the script for one of SHELLS, which asks the temp-access at the path `program`."""
    # argcomplete writes the program's name without quotes: it gets the name of a function, whatever the path holds.
    code = shellcode(["temp-access"], shell=shell, argcomplete_script=_FUNCTION)
    match shell:
        case "fish":
            path = program.replace("\\", "\\\\").replace("'", "\\'")
            return f"function {_FUNCTION}\n    '{path}'\nend\n{code}"
        case "zsh":
            return _ZSH.format(function=_FUNCTION, program=shlex.quote(program), argcomplete=code)
        case _:
            return f"{_FUNCTION}() {{\n    {shlex.quote(program)}\n}}\n{code}"


def answer(parser_for: Callable[[Sequence[str]], argparse.ArgumentParser]) -> None:
    """Write the candidates for the line that the script put into the environment, and end the process.

    `parser_for` returns the parser for the words after the program's name.
    """
    words = split_line(os.environ["COMP_LINE"], int(os.environ["COMP_POINT"]))[3]
    Finder()(parser_for(words[1:]), exclude=excluded(words))


def excluded(words: Sequence[str]) -> Container[str] | None:
    """Return the candidates to leave out after `words`: after -- nothing is an option."""
    return _Options() if "--" in words else None


class Finder(CompletionFinder):
    """Finds in a parser what can come next: options after a hyphen only, grant ids, and file names."""

    def __init__(self, parser: argparse.ArgumentParser | None = None, **settings: Any) -> None:
        super().__init__(parser, **{**settings, "always_complete_options": False, "default_completer": _Values()})

    def quote_completions(
        self, completions: list[str], cword_prequote: str, last_wordbreak_pos: int | None
    ) -> list[str]:
        """Return the candidates as they stand in a line of the shell."""
        quoted = super().quote_completions(completions, cword_prequote, last_wordbreak_pos)
        if _shell() != "bash" or cword_prequote:
            return quoted
        # argcomplete leaves these two as they are: a comment begins with one, a home folder with the other.
        return [f"\\{word}" if word.startswith(("#", "~")) else word for word in quoted]


class _Values(BaseCompleter):
    """Completes a grant's id from access.toml, and any other value without choices with file names."""

    def __call__(
        self, *, prefix: str, action: argparse.Action, parser: argparse.ArgumentParser, parsed_args: argparse.Namespace
    ) -> Iterable[str]:
        if action.metavar == _ID:
            return grant_ids(Path(getattr(parsed_args, "config", "access.toml")).expanduser())
        # Without candidates bash and zsh complete file names themselves, and better.
        return FilesCompleter()(prefix) if _shell() == "fish" else ()


class _Options(Container[str]):
    def __contains__(self, candidate: object) -> bool:
        return str(candidate).startswith("-")


def grant_ids(path: Path) -> list[str]:
    """Return the ids in the file at `path`, none if it can't be read; an id with a line break is left out.

    Nothing is checked, so that a key press isn't kept waiting.
    """
    try:
        grants = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("grants", {})
    except (OSError, ValueError, RecursionError):
        return []
    return [id_ for id_ in grants if id_.isprintable()] if isinstance(grants, dict) else []


def _shell() -> str:
    return os.environ.get("_ARGCOMPLETE_SHELL", "bash")

"""`temp-access completion`: the completion script of a shell, and the candidates that it requests."""

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

from temp_access.files import read_bounded_text

EXAMPLES = """\
examples:
  source <(temp-access completion bash)      # in ~/.bashrc
  source <(temp-access completion zsh)       # in ~/.zshrc, after compinit
  temp-access completion fish | source       # in ~/.config/fish/config.fish

The script runs the temp-access that printed it. Grant ids come from access.toml in the current folder, or from the
file that --config names."""
SHELLS = ("bash", "zsh", "fish")
# Some that are asked about.
_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "sts:AssumeRole")
_FUNCTION = "__temp_access_program"
# argcomplete's own script for zsh passes the whole line, with other commands in it, and completes no file names.
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
    parser.add_argument("shell", choices=SHELLS, help="the shell")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    print(script(args.shell, str(Path(sys.argv[0]).absolute())), end="")
    return 0


def script(shell: str, program: str) -> str:
    """Return the script for one of SHELLS; it runs the temp-access at the path `program`."""
    # argcomplete doesn't quote the program's name, so it gets the name of a function instead of the path.
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
    """Print the candidates for the command line in COMP_LINE, and exit.

    `parser_for` returns the parser for the arguments after the program's name.
    """
    arguments = split_line(os.environ["COMP_LINE"], int(os.environ["COMP_POINT"]))[3]
    Finder()(parser_for(arguments[1:]), exclude=excluded(arguments))


def excluded(arguments: Sequence[str]) -> Container[str] | None:
    """Return the candidates to leave out: options after --."""
    return _Options() if "--" in arguments else None


class Finder(CompletionFinder):
    """Finds the candidates: commands and choices, options after a hyphen, grant ids, and file names."""

    def __init__(self, parser: argparse.ArgumentParser | None = None, **settings: Any) -> None:
        super().__init__(parser, **{**settings, "always_complete_options": False, "default_completer": _Values()})

    def quote_completions(
        self, completions: list[str], cword_prequote: str, last_wordbreak_pos: int | None
    ) -> list[str]:
        """Return the candidates, quoted for the shell."""
        quoted = super().quote_completions(completions, cword_prequote, last_wordbreak_pos)
        if _shell() != "bash" or cword_prequote:
            return quoted
        # argcomplete doesn't quote these two: # begins a comment, and ~ is the home folder.
        return [f"\\{candidate}" if candidate.startswith(("#", "~")) else candidate for candidate in quoted]


class _Values(BaseCompleter):
    """Completes a grant id from access.toml, and any other value without choices with file names."""

    def __call__(
        self, *, prefix: str, action: argparse.Action, parser: argparse.ArgumentParser, parsed_args: argparse.Namespace
    ) -> Iterable[str]:
        file = Path(getattr(parsed_args, "config", "access.toml")).expanduser()
        match action.metavar:
            case "ID":
                return grant_ids(file)
            case "WHO":
                return ["user", "role", *grant_ids(file), *(f"user/{name}" for name in _names(file, "users"))]
            case "ACTION":
                return _ACTIONS
            case "RESOURCE":
                return ["bucket", "role", "user", *(f"{folder}/" for folder in _folders(file))]
        # Without candidates, bash and zsh complete file names by themselves, and better.
        return FilesCompleter()(prefix) if _shell() == "fish" else ()


class _Options(Container[str]):
    def __contains__(self, candidate: object) -> bool:
        return str(candidate).startswith("-")


def grant_ids(path: Path) -> list[str]:
    """Return the grant ids in the file at `path`, none if it can't be read; ids with a line break are left out.

    The file isn't validated, because the user is waiting for the candidates.
    """
    return _names(path, "grants")


def _names(path: Path, table: str) -> list[str]:
    return [name for name in _table(path, table) if name.isprintable()]


def _folders(path: Path) -> list[str]:
    grants = _table(path, "grants").items()
    folders = [grant.get("folder", id_) if isinstance(grant, dict) else id_ for id_, grant in grants]
    return [folder for folder in folders if isinstance(folder, str) and folder.isprintable()]


def _table(path: Path, name: str) -> dict[str, Any]:
    try:
        table = tomllib.loads(read_bounded_text(path)).get(name, {})
    except (OSError, ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _shell() -> str:
    return os.environ.get("_ARGCOMPLETE_SHELL", "bash")

"""Argcomplete hook with a completer for grant ids."""

import argparse
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

# The candidates never pass through compgen -W or eval: those would run a `$(…)` in a grant's id.
_BASH = r"""# bash completion for temp-access; in ~/.bashrc: source <(temp-access completion bash)
_temp_access() {
    local current="${COMP_WORDS[COMP_CWORD]}" candidate quoted
    COMPREPLY=()
    while IFS= read -r candidate; do
        printf -v quoted %q "$candidate"
        [[ $quoted == "$current"* || $candidate == "$current"* ]] && COMPREPLY+=("$quoted")
    done < <(@PROGRAM@ __complete line "$COMP_CWORD" "${COMP_WORDS[@]}" 2>/dev/null)
    if ((${#COMPREPLY[@]} == 0)); then
        compopt -o default
    fi
}
complete -F _temp_access temp-access
"""
_ZSH = r"""#compdef temp-access
# zsh completion for temp-access; in ~/.zshrc, after compinit: source <(temp-access completion zsh)
_temp_access() {
    local -a candidates
    candidates=("${(@f)$(@PROGRAM@ __complete line $((CURRENT - 1)) "${words[@]}" 2>/dev/null)}")
    candidates=("${(@)candidates:#}")
    if (( ${#candidates} )); then
        compadd -a candidates
    else
        _files
    fi
}
if [[ "${funcstack[1]}" == _temp_access ]]; then
    _temp_access "$@"
else
    compdef _temp_access temp-access
fi
"""
_SCRIPTS: Mapping[str, str] = {"bash": _BASH, "zsh": _ZSH}
SHELLS = tuple(_SCRIPTS)


def script(shell: str, program: str) -> str:
    """Return the script for one of SHELLS, which asks the temp-access at the path `program`."""
    return _SCRIPTS[shell].replace("@PROGRAM@", shlex.quote(program))


EXAMPLES = """\
examples:
  source <(temp-access completion bash)      in ~/.bashrc
  source <(temp-access completion zsh)       in ~/.zshrc, after compinit

The script asks the temp-access that printed it; ids of grants come from the access.toml at hand, or --config's."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("shell", choices=SHELLS, help="bash or zsh")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    print(script(args.shell, str(Path(sys.argv[0]).absolute())), end="")
    return 0


def grant_ids(path: Path) -> list[str]:
    """Return the ids in the file at `path`, none if it can't be read; one that holds a line break is left out."""
    try:
        grants = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("grants", {})
    except (OSError, ValueError, RecursionError):
        return []
    return [id_ for id_ in grants if id_.isprintable()] if isinstance(grants, dict) else []


def answer(arguments: Sequence[str], parser_for: "Callable[[Sequence[str]], argparse.ArgumentParser]") -> int:
    """Print a candidate a line: `grants [FILE]`, or `line INDEX WORD…` with the words as typed.

    `parser_for` gives the parser for the words after the program's name. A question that can't be answered has no
    candidates: nobody reads an error in the middle of a line.
    """
    match arguments:
        case ["grants"]:
            found = grant_ids(Path("access.toml"))
        case ["grants", file]:
            found = grant_ids(Path(file))
        case ["line", index, _, *words] if index.isdecimal() and 1 <= int(index) <= len(words) + 1:
            found = _line(words[: int(index)], int(index), parser_for)
        case _:
            return 2
    sys.stdout.write("".join(f"{candidate}\n" for candidate in found))
    return 0


def _line(typed: list[str], index: int, parser_for: "Callable[[Sequence[str]], argparse.ArgumentParser]") -> list[str]:

    words = [_unquoted(word) for word in typed]
    # A shell may leave out the word that has just begun.
    words += [""] * (index - len(words))
    return candidates(parser_for(words[:-1]), words)


def _unquoted(word: str) -> str:
    try:
        return "".join(shlex.split(word)) if word else word
    except ValueError:
        return word


# The metavar of arguments that are a grant's id.
_ID = "ID"


def candidates(parser: argparse.ArgumentParser, words: Sequence[str]) -> list[str]:
    """Return what can stand in place of the last of `words` (those after the program's name).

    The shell picks those that begin with what was typed. An empty list: file names are as good as anything.
    """
    *before, current = words
    waiting = _positionals(parser)
    config = Path("access.toml")
    rest = iter(before)
    for word in rest:
        option = parser._option_string_actions.get(word.partition("=")[0])
        if option is not None:
            if option.nargs == 0 or "=" in word:
                continue
            value = next(rest, None)
            if value is None:
                return list(_values(option, config))
            if option.dest == "config":
                config = Path(value).expanduser()
        elif waiting:
            action = waiting[0] if waiting[0].nargs in ("*", "+", argparse.REMAINDER) else waiting.pop(0)
            if isinstance(action, argparse._SubParsersAction) and word in action.choices:
                parser = action.choices[word]
                waiting = _positionals(parser)
    if current.startswith("-") and "--" not in before:
        return list(_options(parser))
    return list(_values(waiting[0], config)) if waiting else []


def _values(action: argparse.Action, config: Path) -> Iterator[str]:
    if isinstance(action, argparse._SubParsersAction):
        # Those alone that the help shows.
        yield from (choice.dest for choice in action._choices_actions)
    elif action.choices is not None:
        yield from map(str, action.choices)
    elif action.metavar == _ID:
        yield from grant_ids(config)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if action.help != argparse.SUPPRESS:
            yield from (option for option in action.option_strings if option.startswith("--"))


def _positionals(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if not action.option_strings]

"""`temp-access __complete`: what the completion scripts ask."""

import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.completion.grants import grant_ids

if TYPE_CHECKING:
    import argparse


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
    from temp_access.completion.line import candidates

    words = [_unquoted(word) for word in typed]
    # A shell may leave out the word that has just begun.
    words += [""] * (index - len(words))
    return candidates(parser_for(words[:-1]), words)


def _unquoted(word: str) -> str:
    try:
        return "".join(shlex.split(word)) if word else word
    except ValueError:
        return word

"""What can come next on a command line, found out from the argparse parsers themselves."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from temp_access.completion.grants import grant_ids

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

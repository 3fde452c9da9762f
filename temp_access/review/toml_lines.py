"""The line of each key and table of a TOML text, by the path that findings write: `role.trusted[0].principal`."""

import tomllib
from collections.abc import Iterator, Mapping

from temp_access.config.table import key_path
from temp_access.review.toml_scanner import Path, Scanner


def toml_lines(text: str) -> dict[str, int]:
    """Return each path's line, from 1; nothing at all if the text isn't read as tomllib reads it.

    A table that is written in several places has the line of the first.
    """
    try:
        wanted = set(_paths(tomllib.loads(text), ()))
        # TOML takes CRLF for one line end, and so does tomllib.
        found = Scanner(text.replace("\r\n", "\n")).places()
    except (ValueError, RecursionError, IndexError):
        return {}
    if set(found) != wanted:
        return {}
    return {written(path): line for path, line in found.items()}


def written(path: Path) -> str:
    """Return `path` as TOML writes it, an array's element as `[0]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{key_path(part)}" if text else key_path(part)
    return text


def _paths(value: object, path: Path) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, (*path, index))

"""The source line of each key of access.toml."""

import re
import tomllib
from collections.abc import Iterator, Mapping

from temp_access.config.table import key_path

Path = tuple[str | int, ...]
_STRING = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|\'[^\']*\'', re.DOTALL)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}#\n]+")
_SPACE = re.compile(r"(?:[ \t\n]|#[^\n]*)*")


class Scanner:
    """Walks once through `text`, whose line ends are plain."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found: dict[Path, int] = {}
        self._lengths: dict[Path, int] = {}

    def places(self) -> dict[Path, int]:
        """Return the line of every key, table and element."""
        table: Path = ()
        while self._skip() < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
        return self._found

    def _header(self) -> Path:
        array = self._text.startswith("[[", self._at)
        line = self._line()
        self._at += 2 if array else 1
        keys = self._keys()
        self._at += 2 if array else 1
        path: Path = ()
        for key in keys[:-1]:
            path = self._inside((*path, key), line)
        path = (*path, keys[-1])
        self._found.setdefault(path, line)
        if array:
            path = self._element(path, line)
        return path

    def _inside(self, path: Path, line: int) -> Path:
        self._found.setdefault(path, line)
        # A header below an array of tables means its last element.
        return (*path, self._lengths[path] - 1) if path in self._lengths else path

    def _element(self, path: Path, line: int) -> Path:
        index = self._lengths.get(path, 0)
        self._lengths[path] = index + 1
        self._found[*path, index] = line
        return (*path, index)

    def _pair(self, table: Path) -> None:
        line, path = self._line(), table
        for key in self._keys():
            path = (*path, key)
            self._found.setdefault(path, line)
        self._at += 1
        self._value(path)

    def _keys(self) -> list[str]:
        keys = [self._key()]
        while self._peek() == ".":
            self._at += 1
            keys.append(self._key())
        return keys

    def _key(self) -> str:
        self._skip()
        match = _STRING.match(self._text, self._at) or _BARE_KEY.match(self._text, self._at)
        if not match:
            raise ValueError(f"no key at {self._at}; the text isn't TOML")
        self._at = match.end()
        [key] = tomllib.loads(f"{match[0]} = 0")
        return key

    def _value(self, path: Path) -> None:
        first = self._peek()
        if first == "[":
            self._at += 1
            while self._peek() != "]":
                # Not noted as an array of tables: no header may add to it.
                index = sum(1 for known in self._found if known[:-1] == path)
                self._found[*path, index] = self._line()
                self._value((*path, index))
                self._at += self._peek() == ","
            self._at += 1
        elif first == "{":
            self._at += 1
            while self._peek() != "}":
                self._pair(path)
                self._at += self._peek() == ","
            self._at += 1
        else:
            pattern = _STRING if first in "\"'" else _BARE_VALUE
            match = pattern.match(self._text, self._at)
            if not match:
                raise ValueError(f"no value at {self._at}; the text isn't TOML")
            self._at = match.end()

    def _peek(self) -> str:
        return self._text[self._skip()]

    def _skip(self) -> int:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1


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

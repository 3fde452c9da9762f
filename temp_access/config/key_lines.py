"""The source line of each key of access.toml."""

import itertools
import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Mapping

from temp_access.config.table import key_path

Path = tuple[str | int, ...]
_STRING = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|\'[^\']*\'', re.DOTALL)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}#\n]+")
_SPACE = re.compile(r"(?:[ \t\n]|#[^\n]*)*")


class _Scanner:
    """Reads a TOML document once, and records the line of each path; line ends must be `\\n`."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._line_ends = [match.start() for match in re.finditer("\n", source)]
        self._lines: dict[Path, int] = {}
        self._lengths: dict[Path, int] = {}

    def lines(self) -> dict[Path, int]:
        """Return the line of each key, table and array element."""
        table: Path = ()
        while self._skip() < len(self._source):
            if self._source.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _header(self) -> Path:
        array = self._source.startswith("[[", self._at)
        line = self._line()
        self._at += 2 if array else 1
        keys = self._keys()
        self._at += 2 if array else 1
        path: Path = ()
        for key in keys[:-1]:
            path = self._inside((*path, key), line)
        path = (*path, keys[-1])
        self._lines.setdefault(path, line)
        if array:
            path = self._element(path, line)
        return path

    def _inside(self, path: Path, line: int) -> Path:
        self._lines.setdefault(path, line)
        # Below an array of tables, a header belongs to the last element.
        return (*path, self._lengths[path] - 1) if path in self._lengths else path

    def _element(self, path: Path, line: int) -> Path:
        index = self._lengths.get(path, 0)
        self._lengths[path] = index + 1
        self._lines[*path, index] = line
        return (*path, index)

    def _pair(self, table: Path) -> None:
        line, path = self._line(), table
        for key in self._keys():
            path = (*path, key)
            self._lines.setdefault(path, line)
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
        match = _STRING.match(self._source, self._at) or _BARE_KEY.match(self._source, self._at)
        if not match:
            raise ValueError(f"no key at {self._at}; the document isn't TOML")
        self._at = match.end()
        [key] = tomllib.loads(f"{match[0]} = 0")
        return key

    def _value(self, path: Path) -> None:
        first = self._peek()
        if first == "[":
            self._at += 1
            # This isn't an array of tables, which a later header could extend.
            for index in itertools.count():
                if self._peek() == "]":
                    break
                self._lines[*path, index] = self._line()
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
            match = pattern.match(self._source, self._at)
            if not match:
                raise ValueError(f"no value at {self._at}; the document isn't TOML")
            self._at = match.end()

    def _peek(self) -> str:
        return self._source[self._skip()]

    def _skip(self) -> int:
        match = _SPACE.match(self._source, self._at)
        self._at = match.end() if match else self._at
        return self._at

    def _line(self) -> int:
        return bisect_left(self._line_ends, self._at) + 1


def toml_lines(source: str) -> dict[str, int]:
    """Return the line (from 1) of each path in a TOML document; empty if the scanner's paths differ from tomllib's.

    A table with several headers has the line of the first one.
    """
    try:
        expected = set(_paths(tomllib.loads(source), ()))
        # TOML and tomllib read CRLF as one line end.
        lines = _Scanner(source.replace("\r\n", "\n")).lines()
    except (ValueError, RecursionError, IndexError):
        return {}
    if set(lines) != expected:
        return {}
    return {_dotted(path): line for path, line in lines.items()}


def _dotted(path: Path) -> str:
    dotted = ""
    for part in path:
        if isinstance(part, int):
            dotted += f"[{part}]"
        else:
            dotted += f".{key_path(part)}" if dotted else key_path(part)
    return dotted


def _paths(value: object, path: Path) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, (*path, index))

"""TableReader: typed reads of access.toml that collect findings; durations such as `1h30m`."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_TYPES = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a float",
    list: "an array",
    dict: "a table",
}


def key_path(*keys: str) -> str:
    """Return `keys` as TOML writes them: dotted, quoted where a bare key can't carry them."""
    return ".".join(key if _BARE_KEY.fullmatch(key) else _quoted(key) for key in keys)


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Return ` (did you mean …?)` with the known name that is most similar, an empty string if none is similar."""
    # Imported here, because a valid file doesn't need it.
    import difflib

    similar = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f" (did you mean {similar[0]!r}?)" if similar else ""


class TableReader:
    """The table at `path`; all tables of a file add their findings to one list."""

    def __init__(self, data: Mapping[str, Any], path: str, findings: list[str]) -> None:
        self._data = data
        self.path = path
        self._findings = findings

    def add_finding(self, key: str | None, message: str) -> None:
        """Add a finding on `key`, or on the table itself."""
        self._findings.append(f"{self.path_of(key)}: {message}" if self.path_of(key) else message)

    def path_of(self, key: str | None) -> str:
        """Return the dotted path of `key` in this table."""
        return ".".join(part for part in (self.path, key_path(key) if key is not None else "") if part)

    def allow_only(self, *known: str) -> None:
        """Add a finding for each key that isn't one of `known`."""
        for key in self._data:
            if key not in known:
                self.add_finding(key, f"unknown key{did_you_mean(key, known) or '; use one of ' + ', '.join(known)}")

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        """Yield the keys in the order of the file."""
        return iter(self._data)

    def string(self, key: str) -> str | None:
        """Return the string at `key`, None if it is missing or invalid."""
        value = self._typed(key, str)
        if value == "":
            self.add_finding(key, "is empty; write a value or remove the key")
            return None
        return value if isinstance(value, str) else None

    def boolean(self, key: str, default: bool) -> bool:
        """Return the boolean at `key`, else `default`."""
        value = self._typed(key, bool)
        return value if isinstance(value, bool) else default

    def choice(self, key: str, known: Collection[str]) -> str | None:
        """Return the string at `key` if it is one of `known`."""
        value = self.string(key)
        if value is None or value in known:
            return value
        self.add_finding(key, f"{value!r} is unknown{did_you_mean(value, known)}; use one of {', '.join(known)}")
        return None

    def strings(self, key: str) -> tuple[str, ...]:
        """Return the array of strings at `key`, empty if it is missing or invalid."""
        value = self._typed(key, list)
        if not isinstance(value, list):
            return ()
        if not value:
            self.add_finding(key, "is empty; write a value or remove the key")
        others = [item for item in value if not isinstance(item, str)]
        if others:
            self.add_finding(key, f"{others[0]!r} isn't a string; write an array of strings")
            return ()
        return tuple(value)

    def table(self, key: str) -> "TableReader":
        """Return the table at `key`, an empty one if it is missing or invalid."""
        value = self._typed(key, dict)
        if isinstance(value, dict):
            return TableReader(value, self.path_of(key), self._findings)
        # If the value isn't a table, findings on its missing keys would be noise.
        return TableReader({}, self.path_of(key), [] if key in self else self._findings)

    def subtables(self, key: str) -> "list[TableReader]":
        """Return the tables in the array at `key`, empty if it is missing or invalid."""
        value = self._typed(key, list)
        if not isinstance(value, list):
            return []
        tables = []
        for index, item in enumerate(value):
            path = f"{self.path_of(key)}[{index}]"
            if isinstance(item, dict):
                tables.append(TableReader(item, path, self._findings))
            else:
                self._findings.append(f"{path}: {item!r} isn't a table; write [[{self.path_of(key)}]]")
        return tables

    def strings_or_tables(self, key: str, text_key: str) -> "list[TableReader]":
        """Return the tables in the array at `key`; a string stands for a table that has only `text_key`."""
        value = self._typed(key, list)
        if not isinstance(value, list):
            return []
        if not value:
            self.add_finding(key, "is empty; write a value or remove the key")
        entries: list[TableReader] = []
        for index, item in enumerate(value):
            path = f"{self.path_of(key)}[{index}]"
            if isinstance(item, str):
                entries.append(_TextReader({text_key: item}, path, self._findings))
            elif isinstance(item, dict):
                entries.append(TableReader(item, path, self._findings))
            else:
                self._findings.append(f"{path}: {item!r} is neither a string nor a table; write one of them")
        return entries

    def value(self, key: str) -> Any:
        """Return the value at `key` of any type, None if it is missing."""
        return self._data.get(key)

    def _typed(self, key: str, expected: type) -> object:
        value = self._data.get(key)
        if value is None or type(value) is expected:
            return value
        remedy = "true or false" if expected is bool else _TYPES[expected]
        self.add_finding(key, f"{value!r} is {_TYPES.get(type(value), 'a date or time')}; write {remedy}")
        return None


class _TextReader(TableReader):
    """A string that stands for a table; a finding on one of its keys is on the string itself."""

    def path_of(self, key: str | None) -> str:
        return self.path


def _quoted(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else _unicode_escape(c) for c in escaped) + '"'


def _unicode_escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


_DURATION = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?", re.ASCII)


def parse_duration(duration: str) -> int:
    """Return a duration such as `1h30m` in seconds; raises ValueError for any other form."""
    match = _DURATION.fullmatch(duration)
    if not match or not duration:
        raise ValueError(f"{duration!r} isn't a duration; write one such as 90m, 1h30m or 12h")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def format_duration(seconds: int) -> str:
    """Return `seconds` as a duration such as `1h30m`."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"

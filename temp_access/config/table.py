"""TableReader: typed reads that collect findings; durations."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_TYPES = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "an array",
    dict: "a table",
}


def key_path(*keys: str) -> str:
    """Return `keys` as TOML writes them: dotted, quoted where a bare key can't carry them."""
    return ".".join(key if _BARE_KEY.fullmatch(key) else _quoted(key) for key in keys)


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return ` (nearest known: …)` for the likeliest of `known`, else an empty string."""
    import difflib

    found = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f" (did you mean {found[0]!r}?)" if found else ""


class TableReader:
    """A table at `path`, whose findings go to one list shared by the whole file."""

    def __init__(self, data: Mapping[str, Any], path: str, findings: list[str]) -> None:
        self._data = data
        self.path = path
        self._findings = findings

    def add_finding(self, key: str | None, message: str) -> None:
        """Record what is wrong at `key`, or with the table itself."""
        self._findings.append(f"{self.path_of(key)}: {message}" if self.path_of(key) else message)

    def path_of(self, key: str | None) -> str:
        """Return the dotted path of `key` in this table."""
        return ".".join(part for part in (self.path, key_path(key) if key is not None else "") if part)

    def allow_only(self, *known: str) -> None:
        """Record a finding for every key that isn't one of `known`."""
        for key in self._data:
            if key not in known:
                guess = did_you_mean(key, known)
                self.add_finding(key, f"unknown key{guess or '; known here: ' + ', '.join(known)}")

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        """Return the table's keys in the file's order."""
        return iter(self._data)

    def string(self, key: str) -> str | None:
        """Return the string at `key`, None if it is missing or wrong."""
        value = self._typed(key, str)
        if value == "":
            self.add_finding(key, "is empty; write a value or leave the key out")
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
        """Return the array of strings at `key`."""
        value = self._typed(key, list)
        if not isinstance(value, list):
            return ()
        if not value:
            self.add_finding(key, "is empty; write a value or leave the key out")
        wrong = [item for item in value if not isinstance(item, str)]
        if wrong:
            self.add_finding(key, f"{wrong[0]!r} isn't a string; write an array of strings")
            return ()
        return tuple(value)

    def table(self, key: str) -> "TableReader":
        """Return the table at `key`, an empty one if it is missing or wrong."""
        value = self._typed(key, dict)
        if isinstance(value, dict):
            return TableReader(value, self.path_of(key), self._findings)
        # Where there is something else, what the table lacks is no finding of its own.
        return TableReader({}, self.path_of(key), [] if key in self else self._findings)

    def subtables(self, key: str) -> "list[TableReader]":
        """Return the array of tables at `key`."""
        value = self._typed(key, list)
        if not isinstance(value, list):
            return []
        found = []
        for index, item in enumerate(value):
            path = f"{self.path_of(key)}[{index}]"
            if isinstance(item, dict):
                found.append(TableReader(item, path, self._findings))
            else:
                self._findings.append(f"{path}: {item!r} isn't a table; write [[{self.path_of(key)}]]")
        return found

    def value(self, key: str) -> Any:
        """Return the value at `key` whatever its type, None if it is missing."""
        return self._data.get(key)

    def _typed(self, key: str, wanted: type) -> object:
        value = self._data.get(key)
        if value is None or type(value) is wanted:
            return value
        is_ = _TYPES.get(type(value), "a date or time")
        self.add_finding(key, f"{value!r} is {is_}, not {_TYPES[wanted]}")
        return None


def _quoted(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else _unicode_escape(c) for c in escaped) + '"'


def _unicode_escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


_FORM = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?", re.ASCII)


def parse_duration(text: str) -> int:
    """Return the seconds that `text` says; raises ValueError if it isn't hours, minutes and seconds."""
    match = _FORM.fullmatch(text)
    if not match or not text:
        raise ValueError(f"{text!r} isn't a duration; write it as 90m, 1h30m or 12h")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def format_duration(seconds: int) -> str:
    """Return `seconds` in the same form, largest unit first."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"

"""Durations as people write them: `90m`, `1h30m`, `12h`."""

import re

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

"""Explanations of error codes: likely causes, how to tell them apart, and the fix of each."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from temp_access.errors import UserError

_DATA = Path(__file__).with_name("data")


@cache
def load_entries() -> Mapping[str, Mapping[str, Any]]:
    """Return every entry by its code, in alphabetical order."""
    entries = (tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(_DATA.glob("*.toml")))
    return {entry["code"]: entry for entry in entries}


@cache
def known_codes() -> Mapping[str, str]:
    """Return every known code, including other spellings, with the code of its entry."""
    codes = {code: code for code in load_entries()}
    return codes | {other: code for code, entry in load_entries().items() for other in entry.get("also", ())}


@dataclass(frozen=True, slots=True)
class ErrorCause:
    """One likely cause, with how to tell it from the others, and the fix."""

    what: str
    how_to_tell: str
    fix: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The meaning of an error code, with its causes (the likeliest first) and the source of the explanation."""

    code: str
    service: str
    summary: str
    causes: tuple[ErrorCause, ...]
    source: str


class UnknownCodeError(UserError):
    """The error code has no explanation; `nearest` are known codes with a similar spelling."""

    def __init__(self, code: str) -> None:
        folded = {known.lower(): known for known in known_codes()}
        matches = difflib.get_close_matches(code.lower(), folded, n=3, cutoff=0.5)
        self.nearest = tuple(dict.fromkeys(known_codes()[folded[name]] for name in matches))
        guess = f"did you mean {', '.join(self.nearest)}?" if self.nearest else "known: " + ", ".join(load_entries())
        super().__init__(f"unknown error code {code!r:.80}; {guess}")


def explain(code: str, message: str = "") -> Explanation:
    """Return the explanation of `code`, in any case; the service's `message` decides which causes come first.

    Raises UnknownCodeError for a code without an explanation.
    """
    folded = {known.lower(): entry_code for known, entry_code in known_codes().items()}
    entry_code = folded.get(code.strip().lower())
    if entry_code is None:
        raise UnknownCodeError(code)
    entry = load_entries()[entry_code]
    causes = _ranked(entry["causes"], message)
    return Explanation(entry_code, entry["service"], entry["summary"], causes, entry["source"])


def summarize(explanation: Explanation) -> str:
    """Return the likeliest cause and its fix in two lines, which follow the error of a failed call."""
    first = explanation.causes[0]
    more = f"more: temp-access explain {explanation.code}"
    return f"likely: {first.what}; to tell: {first.how_to_tell}\nfix: {first.fix} ({more})"


def summarize_client_error(error: Exception) -> str:
    """Return a line end and the summary for botocore's ClientError, "" for an unknown code."""
    details = getattr(error, "response", {}).get("Error", {})
    try:
        return "\n" + summarize(explain(str(details.get("Code", "")), str(details.get("Message", ""))))
    except UnknownCodeError:
        return ""


def _ranked(causes: list[Mapping[str, Any]], message: str) -> tuple[ErrorCause, ...]:
    """Order causes by how much of the message their patterns match, without those whose patterns don't match."""
    lengths = [_match_length(cause.get("message", ()), message) for cause in causes]
    if not any(lengths):
        return tuple(_cause(cause) for cause in causes)
    ranked = sorted(zip(lengths, causes, strict=True), key=lambda pair: -pair[0])
    return tuple(_cause(cause) for length, cause in ranked if length or "message" not in cause)


def _match_length(patterns: list[str], message: str) -> int:
    matches = (re.search(pattern, message, re.IGNORECASE) for pattern in patterns)
    return max((len(match[0]) for match in matches if match), default=0)


def _cause(cause: Mapping[str, Any]) -> ErrorCause:
    return ErrorCause(cause["what"], cause["how_to_tell"], cause["fix"])

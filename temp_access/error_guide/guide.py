"""Error codes: causes, how to tell, fix."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from temp_access.errors import UserError

_FOLDER = Path(__file__).with_name("data")


@cache
def load_entries() -> Mapping[str, Mapping[str, Any]]:
    """Return every entry by its code, sorted."""
    found = (tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(_FOLDER.glob("*.toml")))
    return {entry["code"]: entry for entry in found}


@cache
def known_codes() -> Mapping[str, str]:
    """Return every code that is known, other spellings included, with the code of its entry."""
    own = {code: code for code in load_entries()}
    return own | {other: code for code, entry in load_entries().items() for other in entry.get("also", ())}


@dataclass(frozen=True, slots=True)
class ErrorCause:
    """One likely cause: what it is, how to tell it from the others, and what puts it right."""

    what: str
    how_to_tell: str
    fix: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an error code means, its likely causes with the likeliest first, and the source of it."""

    code: str
    service: str
    summary: str
    causes: tuple[ErrorCause, ...]
    source: str


class UnknownCodeError(UserError):
    """No explanation is kept for an error code; `nearest` are the known codes that look like it."""

    def __init__(self, code: str) -> None:
        folded = {known.lower(): known for known in known_codes()}
        found = difflib.get_close_matches(code.lower(), folded, n=3, cutoff=0.5)
        self.nearest = tuple(dict.fromkeys(known_codes()[folded[name]] for name in found))
        guess = f"did you mean {', '.join(self.nearest)}?" if self.nearest else "known: " + ", ".join(load_entries())
        super().__init__(f"the error code {code!r:.80} isn't known here; {guess}")


def explain(code: str, message: str = "") -> Explanation:
    """Return what `code` means; the service's `message` decides which causes come first.

    Raises UnknownCodeError for a code that isn't kept, in whatever case it is written.
    """
    folded = {known.lower(): own for known, own in known_codes().items()}
    own = folded.get(code.strip().lower())
    if own is None:
        raise UnknownCodeError(code)
    entry = load_entries()[own]
    return Explanation(own, entry["service"], entry["summary"], _ordered(entry["causes"], message), entry["source"])


def summarize(explanation: Explanation) -> str:
    """Return the two lines that follow the failure of a call of our own."""
    first = explanation.causes[0]
    more = f"more: temp-access explain {explanation.code}"
    return f"likely: {first.what}; to tell: {first.how_to_tell}\nfix: {first.fix} ({more})"


def summarize_client_error(error: Exception) -> str:
    """Return the short form for a ClientError of botocore, on lines of its own; nothing for an unknown code."""
    told = getattr(error, "response", {}).get("Error", {})
    try:
        return "\n" + summarize(explain(str(told.get("Code", "")), str(told.get("Message", ""))))
    except UnknownCodeError:
        return ""


def _ordered(causes: list[Mapping[str, Any]], message: str) -> tuple[ErrorCause, ...]:
    """Order by how much of the message a cause's patterns fit; leave out those of other messages."""
    fits = [_fit(cause.get("message", ()), message) for cause in causes]
    if not any(fits):
        return tuple(_cause(cause) for cause in causes)
    ranked = sorted(zip(fits, causes, strict=True), key=lambda pair: -pair[0])
    return tuple(_cause(cause) for fit, cause in ranked if fit or "message" not in cause)


def _fit(patterns: list[str], message: str) -> int:
    found = (re.search(pattern, message, re.IGNORECASE) for pattern in patterns)
    return max((len(match[0]) for match in found if match), default=0)


def _cause(cause: Mapping[str, Any]) -> ErrorCause:
    return ErrorCause(cause["what"], cause["how_to_tell"], cause["fix"])

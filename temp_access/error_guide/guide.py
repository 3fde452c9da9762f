"""Explanations of error codes: likely causes, how to tell them apart, and the fix of each."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from temp_access.error_guide.service_error import ServiceError, client_error
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
    """One likely cause, with how to tell it from the others, and the fix; `kind` is for programs, mostly empty."""

    what: str
    how_to_tell: str
    fix: str
    kind: str = ""


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


def explain(code: str, message: str = "", call: str = "") -> Explanation:
    """Return the explanation of `code`, in any case.

    The service's `message` and the `call` (`s3:GetObject`) decide which causes come first. Raises UnknownCodeError for
    a code without an explanation.
    """
    error = ServiceError(code.strip(), message, call)
    entry_code = _entry_code(error)
    if entry_code is None:
        raise UnknownCodeError(code)
    entry = load_entries()[entry_code]
    causes = tuple(
        # The order of causes that no message confirms is a guess; a program must not rely on it.
        ErrorCause(cause["what"], cause["how_to_tell"], cause["fix"], cause.get("kind", "") if length else "")
        for length, cause in _ranked(entry["causes"], error)
    )
    return Explanation(entry_code, entry["service"], entry["summary"], causes, entry["source"])


def find_explanation(error: ServiceError) -> Explanation | None:
    """Return the explanation of `error`, None for a code without one."""
    return explain(*error) if _entry_code(error) else None


def summarize(explanation: Explanation) -> str:
    """Return the likeliest cause and its fix in two lines, which follow the error of a failed call."""
    first = explanation.causes[0]
    more = f"more: temp-access explain {explanation.code}"
    return f"likely: {first.what}; to tell: {first.how_to_tell}\nfix: {first.fix} ({more})"


def summarize_cause(explanation: Explanation) -> str:
    """Return the likeliest cause in two lines, which follow an error whose first line has the fix already."""
    first = explanation.causes[0]
    more = f"more: temp-access explain {explanation.code}"
    return f"likely: {first.what}\nfix: as above; to tell whether this is the cause: {first.how_to_tell} ({more})"


def summarize_client_error(error: Exception) -> str:
    """Return a line end and the summary for botocore's ClientError, "" for an unknown code."""
    explanation = find_explanation(client_error(error))
    return f"\n{summarize(explanation)}" if explanation else ""


def _entry_code(error: ServiceError) -> str | None:
    """Return the code of the entry; some codes, such as 404, have another meaning for some calls."""
    for code, entry in load_entries().items():
        calls = entry.get("also_for", {}).get(error.code)
        if calls and any(re.fullmatch(calls, call) for call in error.calls):
            return code
    folded = {known.lower(): code for known, code in known_codes().items()}
    return folded.get(error.code.lower())


def _ranked(causes: list[Mapping[str, Any]], error: ServiceError) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the causes that can apply, the likeliest first, each with how much of the message it matches.

    - A cause with `calls` applies to these calls only; it precedes those that apply to all.
    - A cause with `message` applies to messages that one of its patterns matches. If no message gives a reason, every
      cause is possible.
    - A cause with `bare` applies to messages without a reason.
    """
    calls, is_bare = error.calls, error.is_bare
    possible = [
        cause
        for cause in causes
        if (is_bare or not cause.get("bare"))
        and (not calls or "calls" not in cause or any(_is_about(cause, call, error.message) for call in calls))
    ] or causes
    lengths = [_match_length(cause.get("message", ()), error.message) for cause in possible]
    if any(lengths):
        kept = [pair for pair in zip(lengths, possible, strict=True) if pair[0] or "message" not in pair[1]]
    else:
        kept = list(zip(lengths, possible, strict=True))
    return sorted(kept, key=lambda pair: (-pair[0], not (calls and "calls" in pair[1])))


def _is_about(cause: Mapping[str, Any], call: str, message: str) -> bool:
    """Whether the cause applies to the call; if only its service is known, the message decides."""
    if call.endswith(":") and any(pattern.startswith(call) for pattern in cause["calls"]):
        return f"{call}.*" in cause["calls"] or _match_length(cause.get("message", []), message) > 0
    return any(re.fullmatch(pattern, call) for pattern in cause["calls"])


def _match_length(patterns: list[str], message: str) -> int:
    matches = (re.search(pattern, message, re.IGNORECASE) for pattern in patterns)
    return max((len(match[0]) for match in matches if match), default=0)

"""The review as SARIF 2.1.0, for code scanning: one result for each change and each new lint finding.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from temp_access.cfn.source_location import SourceLocation
from temp_access.review.model import Change, Direction
from temp_access.review.report import ReviewReport
from temp_access.terminal_text import escape_control

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ACCESS = {
    Direction.BROADENED: ("AccessBroadened", "error", "Somebody can do what they couldn't before the change."),
    Direction.NARROWED: ("AccessNarrowed", "note", "Somebody can no longer do what they could before the change."),
    Direction.BOTH: ("AccessChanged", "warning", "Access changed, and not in one direction alone."),
}
_LINT = "A rule of temp-access lint; docs/lint.md says what it asks."


def to_sarif(report: ReviewReport) -> str:
    """Return a log with one run; what has no line of its own is at access.toml as a whole."""
    found = report.lint.new if report.lint else ()
    results = [_result(change, report.config_file) for change in report.review.changes]
    results += [
        _entry(finding.rule, "warning", finding.message, [place], report.config_file) for finding, place in found
    ]
    rules = list(_rules(dict.fromkeys(finding.rule for finding, _ in found)))
    driver = {"name": "temp-access review", "rules": rules}
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rules(lint: Iterable[str]) -> Iterator[dict[str, Any]]:
    for name, level, words in _ACCESS.values():
        yield {"id": name, "shortDescription": {"text": words}, "defaultConfiguration": {"level": level}}
    for name in lint:
        yield {"id": name, "shortDescription": {"text": _LINT}, "defaultConfiguration": {"level": "warning"}}


def _result(change: Change, config_file: str) -> dict[str, Any]:
    rule, level, _ = _ACCESS[change.direction]
    return _entry(rule, level, f"{change.text}. Cause: {change.cause.text}", change.cause.places, config_file)


def _entry(rule: str, level: str, text: str, places: Sequence[SourceLocation], config_file: str) -> dict[str, Any]:
    # Without the places: a line that moved is no other result.
    fingerprint = hashlib.sha256(f"{rule}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": _message(f"{text} ({' and '.join(map(str, places))})")},
        "locations": [_location(place, config_file) for place in places],
        "partialFingerprints": {"tempAccessReview/v1": fingerprint},
    }


def _message(text: str) -> str:
    # In a message square brackets make links, and a backslash keeps them from that.
    return re.sub(r"([\\\[\]])", r"\\\1", escape_control(text))


def _location(place: SourceLocation, config_file: str) -> dict[str, Any]:
    # A line from before the change isn't in the files that code scanning shows.
    known = place.file is not None and not place.before
    file = place.file if known and place.file else config_file
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(file), "uriBaseId": "%SRCROOT%"}}
    if known and place.line is not None:
        physical["region"] = {"startLine": place.line}
    found: dict[str, Any] = {"physicalLocation": physical, "message": {"text": escape_control(str(place))}}
    if name := place.construct or place.key or place.logical_id:
        found["logicalLocations"] = [{"fullyQualifiedName": escape_control(name)}]
    return found

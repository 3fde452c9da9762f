"""The review as SARIF 2.1.0 for code scanning, with one result for each change and each new lint finding.

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
from temp_access.lint.model import UNDECIDED
from temp_access.review.model import Change, Direction
from temp_access.review.report import ReviewReport
from temp_access.terminal_text import escape_control

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ACCESS = {
    Direction.BROADENED: ("AccessBroadened", "error", "A principal can do more than before the change."),
    Direction.NARROWED: ("AccessNarrowed", "note", "A principal can do less than before the change."),
    Direction.BOTH: ("AccessChanged", "warning", "Access is broadened and narrowed, or the direction is unknown."),
    Direction.UNCHANGED: ("AccessUnchanged", "note", "A setting that gives nobody access by itself is another one."),
}
_UNKNOWN = ("AccessUnknown", "error", "The review can't tell whether this broadens access.")
_NOWHERE = SourceLocation(description="the change as a whole")
_ADMINISTRATOR = ("Administrator", "error", "A principal can make itself administrator.")
_LEVELS = {"error": "error", "warning": "warning", UNDECIDED: "note"}
_LINT = "A rule of temp-access lint, described in docs/lint.md."


def to_sarif(report: ReviewReport) -> str:
    """Return a log with one run; a result without a line is located in access.toml as a whole."""
    findings = report.lint.new if report.lint else ()
    results = [_entry(*_ADMINISTRATOR[:2], str(each), (), report.config_file) for each in report.administrators]
    results += [_result(change, report.config_file) for change in report.review.changes]
    results += [
        _entry(*_UNKNOWN[:2], each.description, each.locations, report.config_file) for each in report.review.unknown
    ]
    results += [
        _entry(finding.rule, _LEVELS[finding.severity], finding.message, [location], report.config_file)
        for finding, location in findings
    ]
    rules = list(_rules(dict.fromkeys(finding.rule for finding, _ in findings)))
    driver = {"name": "temp-access review", "rules": rules}
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rules(lint_rules: Iterable[str]) -> Iterator[dict[str, Any]]:
    for name, level, description in (*_ACCESS.values(), _UNKNOWN, _ADMINISTRATOR):
        yield {"id": name, "shortDescription": {"text": description}, "defaultConfiguration": {"level": level}}
    for name in lint_rules:
        yield {"id": name, "shortDescription": {"text": _LINT}, "defaultConfiguration": {"level": "warning"}}


def _result(change: Change, config_file: str) -> dict[str, Any]:
    rule, level, _ = _ACCESS[change.direction]
    description = f"{change.description}. Cause: {change.cause.description}"
    return _entry(rule, level, description, change.cause.locations, config_file)


def _entry(
    rule: str, level: str, description: str, locations: Sequence[SourceLocation], config_file: str
) -> dict[str, Any]:
    # Without the locations: a result stays the same when its line moves.
    where = f" ({' and '.join(map(str, locations))})" if locations else ""
    fingerprint = hashlib.sha256(f"{rule}\0{description}".encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": _message(f"{description}{where}")},
        # Code scanning shows no result without a location.
        "locations": [_location(each, config_file) for each in locations or (_NOWHERE,)],
        "partialFingerprints": {"tempAccessReview/v1": fingerprint},
    }


def _message(description: str) -> str:
    # Square brackets make a link in a message, unless a backslash escapes them.
    return re.sub(r"([\\\[\]])", r"\\\1", escape_control(description))


def _location(location: SourceLocation, config_file: str) -> dict[str, Any]:
    # Code scanning shows head's files, in which a line from before the change contains something else.
    in_head = location.file is not None and not location.before
    file = location.file if in_head and location.file else config_file
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(file), "uriBaseId": "%SRCROOT%"}}
    if in_head and location.line is not None:
        physical["region"] = {"startLine": location.line}
    entry: dict[str, Any] = {"physicalLocation": physical, "message": {"text": escape_control(str(location))}}
    if name := location.construct or location.key or location.logical_id:
        entry["logicalLocations"] = [{"fullyQualifiedName": escape_control(name)}]
    return entry

"""The report as GitHub Markdown."""

import re
from collections.abc import Iterator

from temp_access.terminal_text import escape_control
from temp_access.verify.probes import Group, Result, Verdict, VerificationReport
from temp_access.verify.report.text import counts_text, details, redact_report, shorten, statement, target_text

# Characters that start or end markup, HTML, a table cell, a formula or a link.
_SPECIAL = re.compile(r"[&<>|`*_~\[\]\\$#]|:(?=//)|(?<=www)\.", re.IGNORECASE)


def escape(text: str) -> str:
    """Return `text` on one line, with HTML entities for the characters of Markdown and HTML.

    Entities, not backslashes, because CommonMark never reads an entity as markup.
    """
    return _SPECIAL.sub(lambda special: f"&#{ord(special[0])};", escape_control(text))


def code(text: str) -> str:
    """Return `text` in a code element, in which GitHub makes no mentions, references or emojis.

    A span in backticks can't contain every backtick, or in a table every `|`.
    """
    return f"<code>{escape(text)}</code>"


# GitHub drops a summary over 1 MiB.
MOST_BYTES = 1_000_000
_SIGNS = {Verdict.PASSED: "✅", Verdict.FAILED: "❌", Verdict.INCONCLUSIVE: "⚠️"}
_PROSE = {"expected", "likely cause", "if it fails"}


def to_markdown(report: VerificationReport, *, most_bytes: int = MOST_BYTES) -> str:
    """Return a headline, a table of groups, and the probes that didn't pass, in at most `most_bytes`."""
    report = redact_report(report)
    head = "\n".join((*_head(report), *_table(report), *_warnings(report)))
    findings = list(_findings(report))
    size = len(head.encode()) + 200
    included: list[str] = []
    for finding in findings:
        size += len(finding.encode()) + 1
        if size > most_bytes:
            included.append(f"\n*… and {len(findings) - len(included)} more; see the JSON report.*")
            break
        included.append(finding)
    return "\n".join((head, *included)) + "\n"


def _head(report: VerificationReport) -> Iterator[str]:
    total, failed = len(report.results), report.count(Verdict.FAILED)
    inconclusive = report.count(Verdict.INCONCLUSIVE)
    if failed:
        verdict, summary = Verdict.FAILED, f"{failed} of {total} probes failed"
    elif inconclusive:
        verdict, summary = Verdict.INCONCLUSIVE, f"{inconclusive} of {total} probes inconclusive, none failed"
    elif not total:
        verdict, summary = Verdict.INCONCLUSIVE, "no probes ran, so nothing was verified"
    else:
        verdict, summary = Verdict.PASSED, f"all {total} probes passed"
    yield f"## {_SIGNS[verdict]} temp-access verify: {summary}"
    yield ""
    yield f"{counts_text(report)} ({escape(target_text(report))})"


def _table(report: VerificationReport) -> Iterator[str]:
    if not report.results:
        return
    yield ""
    yield "| group | probes | passed | failed | inconclusive | result |"
    yield "| --- | ---: | ---: | ---: | ---: | --- |"
    groups, rest = shorten(report.groups)
    for group in groups:
        yield _row(group, code(group.name))
    if rest:
        yield _row(rest, escape(rest.name))


def _row(group: Group, name: str) -> str:
    counts = " | ".join(str(group.count(verdict) or "-") for verdict in Verdict)
    return f"| {name} | {group.total} | {counts} | {_SIGNS[group.verdict]} {statement(group)} |"


def _findings(report: VerificationReport) -> Iterator[str]:
    for verdict in (Verdict.FAILED, Verdict.INCONCLUSIVE):
        results = report.listed(verdict)
        for number, result in enumerate(results, start=1):
            yield _finding(result, f"{number} of {len(results)}")


def _finding(result: Result, number: str) -> str:
    name = f"{code(result.probe.group)}: {escape(result.probe.title)}"
    lines = [f"\n### {_SIGNS[result.verdict]} {result.verdict.capitalize()} {number}: {name}\n"]
    for label, text in details(result):
        lines.append(f"- **{label}:** {escape(text) if label in _PROSE else code(text)}")
    return "\n".join(lines)


def _warnings(report: VerificationReport) -> Iterator[str]:
    if report.all_warnings:
        yield "\n### ⚠️ Warnings\n"
        yield from (f"- **warning:** {escape(warning)}" for warning in report.all_warnings)

"""The report as GitHub Markdown, for the summary of a job."""

from collections.abc import Iterator

from temp_access.verify.model import Result, Verdict, VerificationReport
from temp_access.verify.report.describe import counts_text, details, target_text
from temp_access.verify.report.groups import Group, grouped, shorten
from temp_access.verify.report.markdown_escape import code, escape
from temp_access.verify.report.redact import redact_report

# GitHub drops a summary over 1 MiB altogether.
MOST_BYTES = 1_000_000
_SIGNS = {Verdict.PASSED: "✅", Verdict.FAILED: "❌", Verdict.INCONCLUSIVE: "⚠️"}
_PROSE = {"expected", "likely cause", "if it fails"}


def to_markdown(report: VerificationReport, *, most_bytes: int = MOST_BYTES) -> str:
    """Return a headline, a table of the groups, and every probe that didn't pass, in at most `most_bytes`."""
    report = redact_report(report)
    head = "\n".join((*_head(report), *_table(report), *_warnings(report)))
    findings = list(_findings(report))
    size = len(head.encode()) + 200
    kept: list[str] = []
    for finding in findings:
        size += len(finding.encode()) + 1
        if size > most_bytes:
            kept.append(f"\n*… and {len(findings) - len(kept)} more, which the JSON report has.*")
            break
        kept.append(finding)
    return "\n".join((head, *kept)) + "\n"


def _head(report: VerificationReport) -> Iterator[str]:
    total, failed = len(report.results), report.count(Verdict.FAILED)
    inconclusive = report.count(Verdict.INCONCLUSIVE)
    if failed:
        verdict, words = Verdict.FAILED, f"{failed} of {total} probes failed"
    elif inconclusive:
        verdict, words = Verdict.INCONCLUSIVE, f"{inconclusive} of {total} probes inconclusive, none failed"
    elif not total:
        verdict, words = Verdict.INCONCLUSIVE, "no probes, nothing was verified"
    else:
        verdict, words = Verdict.PASSED, f"all {total} probes passed"
    yield f"## {_SIGNS[verdict]} temp-access verify: {words}"
    yield ""
    yield f"{counts_text(report)} ({escape(target_text(report))})"


def _table(report: VerificationReport) -> Iterator[str]:
    if not report.results:
        return
    yield ""
    yield "| group | probes | passed | failed | inconclusive | what holds |"
    yield "| --- | ---: | ---: | ---: | ---: | --- |"
    groups, rest = shorten(grouped(report))
    for group in groups:
        yield _row(group, code(group.name))
    if rest:
        yield _row(rest, escape(rest.name))


def _row(group: Group, name: str) -> str:
    counts = " | ".join(str(group.count(verdict) or "-") for verdict in Verdict)
    statement = f"{_SIGNS[group.verdict]} {group.statement}"
    return f"| {name} | {len(group.results)} | {counts} | {statement} |"


def _findings(report: VerificationReport) -> Iterator[str]:
    for verdict in (Verdict.FAILED, Verdict.INCONCLUSIVE):
        found = [result for result in report.results if result.verdict is verdict]
        for number, result in enumerate(found, start=1):
            yield _finding(result, f"{number} of {len(found)}")


def _finding(result: Result, number: str) -> str:
    name = f"{code(result.probe.group)}: {escape(result.probe.title)}"
    lines = [f"\n### {_SIGNS[result.verdict]} {result.verdict.capitalize()} {number}: {name}\n"]
    for label, text in details(result):
        lines.append(f"- **{label}:** {escape(text) if label in _PROSE else code(text)}")
    return "\n".join(lines)


def _warnings(report: VerificationReport) -> Iterator[str]:
    if report.warnings:
        yield "\n### ⚠️ Warnings\n"
        yield from (f"- **warning:** {escape(warning)}" for warning in report.warnings)

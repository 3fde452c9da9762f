"""The report as JUnit XML, for the test pages of CI systems: one test suite for each group.

An inconclusive probe is an `error`, not `skipped`, because CI systems count skipped tests as fine.
A report without probes holds one error for the same reason.
"""

from xml.etree import ElementTree as ET

from temp_access.terminal_text import escape_control
from temp_access.verify.probes import Group, Result, Verdict, VerificationReport
from temp_access.verify.report.text import details, redact_report, target_text

_ELEMENTS = {Verdict.FAILED: "failure", Verdict.INCONCLUSIVE: "error"}


def to_junit(report: VerificationReport) -> str:
    """Return the report as JUnit XML; characters that XML 1.0 can't contain are escaped, such as `\\x1b`."""
    report = redact_report(report)
    root = ET.Element("testsuites", name=escape_control(f"temp-access verify: {target_text(report)}"))
    groups = report.groups
    _count(root, groups, report.seconds)
    suites = {group.name: ET.SubElement(root, "testsuite", name=escape_control(group.name)) for group in groups}
    seconds = dict.fromkeys(suites, 0.0)
    for result in report.results:
        name = result.probe.group
        suites[name].append(_case(result))
        seconds[name] += result.seconds
    for group in groups:
        _count(suites[group.name], (group,), seconds[group.name])
    if not report.results:
        _add_nothing_verified(root)
    if report.all_warnings:
        ET.SubElement(root[0], "system-out").text = "\n".join(
            f"warning: {escape_control(warning)}" for warning in report.all_warnings
        )
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(result: Result) -> ET.Element:
    probe = result.probe
    case = ET.Element(
        "testcase",
        classname=escape_control(probe.group),
        # Includes the id, because CI systems keep only one of two cases with the same name.
        name=escape_control(f"{probe.title} ({probe.id})"),
        time=f"{result.seconds:.3f}",
    )
    if result.verdict in _ELEMENTS:
        problem = ET.SubElement(case, _ELEMENTS[result.verdict], type=result.verdict.value)
        problem.set("message", escape_control(result.observed))
        problem.text = "\n".join(f"{label}: {escape_control(text)}" for label, text in details(result))
    return case


def _count(element: ET.Element, groups: tuple[Group, ...], seconds: float) -> None:
    element.set("tests", str(sum(group.total for group in groups)))
    element.set("failures", str(sum(group.count(Verdict.FAILED) for group in groups)))
    element.set("errors", str(sum(group.count(Verdict.INCONCLUSIVE) for group in groups)))
    element.set("time", f"{seconds:.3f}")


def _add_nothing_verified(root: ET.Element) -> None:
    counts = {"tests": "1", "failures": "0", "errors": "1", "time": "0.000"}
    root.attrib.update(counts)
    suite = ET.SubElement(root, "testsuite", {"name": "no probes", **counts})
    case = ET.SubElement(suite, "testcase", classname="no probes", name="at least one probe runs", time="0.000")
    ET.SubElement(case, "error", type="inconclusive", message="no probes ran, so nothing was verified")

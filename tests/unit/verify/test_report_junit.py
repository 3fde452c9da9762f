"""The JUnit XML report, parsed and checked against the readers of Jenkins and GitLab."""

from collections import Counter
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from temp_access.verify.probes import Result, Verdict, VerificationReport
from temp_access.verify.report.junit import to_junit
from tests.unit.support.report_sample import HOSTILE, list_probe, passed, put_probe, sample_report

# element: (required attributes, further attributes, children), of Jenkins's junit-10.xsd.
SCHEMA: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors"}, {"time"}, {"testcase", "system-out"}),
    "testcase": ({"name"}, {"classname", "time"}, {"failure", "error"}),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}


def _parse(report: VerificationReport) -> ET.Element:
    root = ET.fromstring(to_junit(report).encode())  # noqa: S314 - our own
    for element in root.iter():
        required, further, children = SCHEMA[element.tag]
        assert required <= set(element.attrib) <= required | further
        assert {child.tag for child in element} <= children
    for suite in root:
        _check_counts(suite)
    return root


def _check_counts(suite: ET.Element) -> None:
    tags = Counter(child.tag for case in suite.findall("testcase") for child in case)
    assert suite.get("tests") == str(len(suite.findall("testcase")))
    assert (suite.get("failures"), suite.get("errors")) == (str(tags["failure"]), str(tags["error"]))


def test_has_a_suite_for_each_group() -> None:
    """In the order of the report, with correct counts."""
    root = _parse(sample_report())

    assert [suite.get("name") for suite in root] == ["assume", "deployed state", "role", "bob", "bobby"]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("17", "1", "1")


def test_makes_a_failed_probe_a_failure() -> None:
    """Its message is the observation, and its text has all details."""
    failure = _parse(sample_report()).find(".//failure")

    assert failure is not None
    assert failure.get("message") == "allowed: 3 keys returned"
    assert "expected: denied, by the session policy\n" in str(failure.text)


def test_makes_an_inconclusive_probe_an_error_and_skips_none() -> None:
    """CI systems count skipped tests as fine."""
    root = _parse(sample_report())

    assert [error.get("type") for error in root.iter("error")] == ["inconclusive"]
    assert not list(root.iter("skipped"))


def test_gives_every_case_a_unique_name() -> None:
    """GitLab drops the second of two cases with one name."""
    results = [passed(put_probe(id=f"bob/{n}", title="the same")) for n in range(3)]
    names = [case.get("name") for case in _parse(sample_report(*results)).iter("testcase")]

    assert len(set(names)) == 3


def test_makes_a_run_without_probes_an_error() -> None:
    """An empty report would look like success."""
    root = _parse(VerificationReport(sample_report().target, "7f3a", ()))

    assert root.get("errors") == "1"


def test_contains_the_warnings() -> None:
    """As output, because they aren't verdicts."""
    assert "warning: careful" in str(_parse(sample_report(warnings=("careful",))).findtext(".//system-out"))


@given(st.text() | st.just(HOSTILE))
def test_can_be_parsed_for_all_texts(text: str) -> None:
    """Characters that XML 1.0 can't contain are escaped."""
    result = Result(list_probe(id=text, group=text, title=text, cause=text), Verdict.FAILED, text, 0.1, text)

    _parse(sample_report(result, warnings=(text,)))

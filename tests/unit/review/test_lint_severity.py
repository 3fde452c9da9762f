"""The severity of lint findings in every format of a review."""

import dataclasses
import json
from pathlib import Path

import pytest

from temp_access.cfn.source_location import SourceLocation
from temp_access.lint.model import Finding
from temp_access.review.attachments import LintDelta, lint_delta
from temp_access.review.render.html import to_html
from temp_access.review.render.json_report import to_json
from temp_access.review.render.markdown import to_markdown
from temp_access.review.render.sarif import to_sarif
from temp_access.review.report import ReviewReport
from tests.unit.support.review_edits import Templates, edited_snapshots, properties
from tests.unit.support.review_sample import report_of

PLACE = SourceLocation(description="a place")


def report_with(*severities: str) -> ReviewReport:
    """Return a report with one new lint finding of each severity."""
    found = [Finding("Everyone", f"the {each} one", None, "t", "Id", severity=each) for each in severities]
    lint = LintDelta(tuple((each, PLACE) for each in found), 0, 0)
    return dataclasses.replace(report_of("bob"), lint=lint)


@pytest.mark.parametrize(
    ("severity", "level", "mark", "tag"),
    [
        ("error", "error", "- ⚠️ new: ", '<strong class="tag both">new</strong>'),
        ("warning", "warning", "- ⚠️ new: ", '<strong class="tag both">new</strong>'),
        ("undecided", "note", "- ⚪ new, undecided: ", '<strong class="tag unknown">undecided</strong>'),
    ],
)
def test_every_format_shows_it(severity: str, level: str, mark: str, tag: str) -> None:
    report = report_with(severity)

    [finding] = json.loads(to_json(report))["lint"]["new"]
    assert finding == {**finding, "rule": "Everyone", "severity": severity, "message": f"the {severity} one"}
    results = json.loads(to_sarif(report))["runs"][0]["results"]
    assert [each["level"] for each in results if each["ruleId"] == "Everyone"] == [level]
    assert f"{mark}<code>Everyone</code>: <code>the {severity} one</code>" in to_markdown(report)
    section = to_html(report).partition('<section id="lint"')[2].partition("</section>")[0]
    assert section.count(tag) == 1
    assert ("(1 undecided)" in section) is (severity == "undecided")


def test_each_finding_has_its_own() -> None:
    """The levels are in the order of the findings."""
    results = json.loads(to_sarif(report_with("undecided", "error", "warning")))["runs"][0]["results"]
    assert [each["level"] for each in results if each["ruleId"] == "Everyone"] == ["note", "error", "warning"]


def test_a_synthesized_finding(tmp_path: Path) -> None:
    """A macro is undecided, a public bucket is an error."""

    def macro_and_public_bucket(templates: Templates) -> None:
        templates["TempAccess"]["Transform"] = "Own"
        statements = properties(templates, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
        statements.append({**statements[0], "Effect": "Allow", "Action": "s3:GetObject", "Condition": {}})

    lint = lint_delta(*edited_snapshots(tmp_path, macro_and_public_bucket))
    assert {finding.rule: finding.severity for finding, _ in lint.new} == {"Unread": "undecided", "Everyone": "error"}
    assert lint.undecided == 1

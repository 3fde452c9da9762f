"""The review's Markdown, graph and JSON: escaped names, and a limited length."""

import dataclasses
import json
import re

from temp_access.cfn.source_location import SourceLocation
from temp_access.review.attachments import LintDelta, ProofResults
from temp_access.review.model import Cause, Change, Direction, Review, combine_directions
from temp_access.review.render.json_report import to_json
from temp_access.review.render.markdown import label, to_markdown
from tests.unit.support.review_sample import HOSTILE, report_of


def test_escapes_a_hostile_name() -> None:
    """A name with markup, quotes and line ends neither starts nor ends a code element, a label or a fence."""
    comment = to_markdown(report_of(HOSTILE))
    assert "<script>" not in comment
    assert "\u202e" not in comment
    assert "\x1b" not in comment
    assert comment.count("```") == 2
    assert comment.count("<code>") == comment.count("</code>")
    graph = comment.partition("```mermaid")[2].partition("```")[0]
    quoted = [line for line in graph.splitlines() if "[" in line or "|" in line]
    assert [line.count('"') for line in quoted] == [2] * 7
    assert "@" not in graph


def test_marks_mentions_as_code() -> None:
    """A name that GitHub would treat as a mention is always in a code element."""
    comment = to_markdown(report_of("@octocat")).partition("### <code>the bucket")[0]
    assert comment.count("<code>") == 10
    assert "@octocat" not in re.sub("<code>.*?</code>", "", comment)


def test_marks_mentions_below_the_changes_as_code() -> None:
    """Lint findings and the reason for missing proofs can contain names from the pull request."""
    report = dataclasses.replace(report_of("@octocat"), verification=None, proofs=ProofResults(skip_reason="@octocat"))
    comment = to_markdown(report)
    assert "proved: <code>@octocat" in comment
    assert "@octocat" not in re.sub(r"<code>.*?</code>", "", comment)


def test_marks_a_short_name_only_as_a_word() -> None:
    """An id of one letter isn't marked inside other words."""
    assert "- 🔴 <code>a</code> can now read <code>a</code>\n" in to_markdown(report_of("a"))


def test_encodes_marks_in_labels() -> None:
    """Every mark that Mermaid could interpret is an entity, and no label starts a list."""
    assert label('a"b') == "a#34;b"
    assert label("1. x") == "1#46; x"
    assert label("- x") == "#45; x"
    assert label("a\u202eb") == "a#92;u202eb"


def test_combines_directions() -> None:
    """Broadened and narrowed make both, and no change makes unchanged."""
    assert combine_directions([]) is Direction.UNCHANGED
    assert combine_directions([Direction.NARROWED, Direction.NARROWED]) is Direction.NARROWED
    assert combine_directions([Direction.NARROWED, Direction.BROADENED]) is Direction.BOTH


def test_json_contains_the_report() -> None:
    """The JSON contains the headline, and each change with its cause and location."""
    report = json.loads(to_json(report_of("bob")))
    assert report["headline"] == "both"
    [location] = report["changes"][0]["cause"]["places"]
    assert (location["text"], location["line"]) == ("access.toml, line 1 (grants.bob)", 1)
    assert report["proofs"]["claims"][0]["status"] == "refuted"
    assert report["lint"]["new"][0]["rule"] == "Everyone"
    assert report["verification"]["open"][0]["verdict"] == "failed"
    assert report["grants"][0]["can"]["list"] == {"before": False, "after": True}


def test_a_long_review_fits_a_comment() -> None:
    """A comment that is too long for GitHub ends between two changes, with the number of changes left out."""
    report = report_of("bob")
    [change, _] = report.review.changes
    changes = tuple(dataclasses.replace(change, description=f"{'x' * n} can now") for n in range(1, 1001))
    comment = to_markdown(dataclasses.replace(report, review=Review(changes)), limit=20_000)
    assert len(comment) <= 20_000
    shown = comment.count("- 🔴")
    assert shown > 0
    assert f"and {1000 - shown} more changes" in comment
    assert "### Proofs" in comment


def test_many_findings_fit_a_comment() -> None:
    """The comment lists some findings, counts the others, and leaves out a section that is too long."""
    report = report_of("bob")
    assert report.lint
    many = LintDelta(report.lint.new * 500, 0, 0)
    comment = to_markdown(dataclasses.replace(report, lint=many))
    assert comment.count("⚠️ new") == 20
    assert "and 480 more in the JSON report" in comment
    comment = to_markdown(report_of("b" * 20_000), limit=60_000)
    assert len(comment) <= 60_000
    assert "a section is left out because it is too long" in comment


def test_groups_similar_changes_below_others() -> None:
    """A thousand grants with the same change make one entry, below another caller that may assume the role."""
    report = report_of("bob")
    trust = Change(
        "account 1", Direction.BROADENED, "assumed by account 1", Cause("cause", (SourceLocation(description="here"),))
    )
    grants = tuple(_granted(f"team-{n}") for n in range(1000))
    comment = to_markdown(dataclasses.replace(report, review=Review((*grants, trust))))
    assert len(comment) < 10_000
    assert comment.count("- 🔴") == 2
    assert comment.index("assumed by") < comment.index("team-0")
    assert "and 999 similar changes: <code>team-1</code>, " in comment


def test_many_findings_and_probes_leave_room_for_changes() -> None:
    """The comment lists the first of a thousand findings and probes, and counts the others."""
    report = report_of("bob")
    assert report.lint
    assert report.verification
    lint = dataclasses.replace(report.lint, new=report.lint.new * 1000)
    verification = dataclasses.replace(report.verification, probes=report.verification.probes * 1000)
    comment = to_markdown(dataclasses.replace(report, lint=lint, verification=verification))
    assert comment.count("… and 980 more in the JSON report") == 2
    assert "- 🔴" in comment


def _granted(id_: str) -> Change:
    location = SourceLocation(file="access.toml", line=1, key=f"grants.{id_}.access")
    cause = Cause(f"added: the bucket/{id_}/* " + "x" * 90, (location,))
    return Change(id_, Direction.BROADENED, f"{id_} can now read objects in {id_}/", cause, f"{id_}/")

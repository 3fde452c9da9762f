"""Names from outside in the review's Markdown, picture and JSON, and how long the Markdown gets."""

import dataclasses
import json
import re

from temp_access.cfn.source_location import SourceLocation
from temp_access.review.attachments import LintDelta, ProofResults
from temp_access.review.model import Cause, Change, Direction, Review, total
from temp_access.review.render.json_report import to_json
from temp_access.review.render.markdown import label, to_markdown
from tests.unit.support.review_sample import HOSTILE, report_of


def test_a_hostile_name_ends_nothing() -> None:
    """A name with markup, quotes and line ends ends no code element, label or fence, and starts none."""
    text = to_markdown(report_of(HOSTILE))
    assert "<script>" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert text.count("```") == 2
    assert text.count("<code>") == text.count("</code>")
    picture = text.partition("```mermaid")[2].partition("```")[0]
    quoted = [line for line in picture.splitlines() if "[" in line or "|" in line]
    assert [line.count('"') for line in quoted] == [2] * 7
    assert "@" not in picture


def test_mentions_stand_in_code() -> None:
    """A name that GitHub would take for a mention is in a code element wherever it occurs in a change."""
    text = to_markdown(report_of("@octocat")).partition("### <code>the bucket")[0]
    assert text.count("@octocat") == text.count("<code>") == 5


def test_what_stands_below_mentions_nobody() -> None:
    """A lint finding, and the reason for which nothing was proved, can have names of the pull request's in them."""
    report = dataclasses.replace(report_of("@octocat"), verified=None, proofs=ProofResults(why_not="@octocat"))
    text = to_markdown(report)
    assert "proved: <code>@octocat" in text
    assert "@octocat" not in re.sub(r"<code>.*?</code>", "", text)


def test_a_short_name_is_marked_as_a_word() -> None:
    """An id of one letter isn't marked inside of other words."""
    assert "- 🔴 <code>a</code> can now read <code>a</code>\n" in to_markdown(report_of("a"))


def test_labels_are_letters_digits_and_entities() -> None:
    """In the picture every mark that Mermaid could read is an entity, and no label begins a list."""
    assert label('a"b') == "a#34;b"
    assert label("1. x") == "1#46; x"
    assert label("- x") == "#45; x"
    assert label("a\u202eb") == "a#92;u202eb"


def test_the_headline_adds_up() -> None:
    """Broadened and narrowed together are both, and nothing is unchanged."""
    assert total([]) is Direction.UNCHANGED
    assert total([Direction.NARROWED, Direction.NARROWED]) is Direction.NARROWED
    assert total([Direction.NARROWED, Direction.BROADENED]) is Direction.BOTH


def test_json_says_the_same() -> None:
    """The JSON has the headline and each change with its cause and the parts of its place."""
    said = json.loads(to_json(report_of("bob")))
    assert said["headline"] == "both"
    [place] = said["changes"][0]["cause"]["places"]
    assert (place["text"], place["line"]) == ("access.toml, line 1 (grants.bob)", 1)
    assert said["proofs"]["claims"][0]["status"] == "refuted"
    assert said["lint"]["new"][0]["rule"] == "Everyone"
    assert said["verification"]["open"][0]["verdict"] == "failed"
    assert said["grants"][0]["can"]["list"] == {"before": False, "after": True}


def test_a_long_review_fits_a_comment() -> None:
    """What GitHub wouldn't take is cut between changes, and the number left out is said."""
    report = report_of("bob")
    [change, _] = report.review.changes
    changes = tuple(dataclasses.replace(change, text=f"{'x' * n} can now") for n in range(1, 1001))
    text = to_markdown(dataclasses.replace(report, review=Review(changes)), most=20_000)
    assert len(text) <= 20_000
    told = text.count("- 🔴")
    assert told > 0
    assert f"and {1000 - told} more changes" in text
    assert "### Proofs" in text


def test_many_findings_fit_a_comment() -> None:
    """Some are shown and the others are counted; a part that is too long by itself is left out."""
    report = report_of("bob")
    assert report.lint
    many = LintDelta(report.lint.new * 500, 0, 0)
    text = to_markdown(dataclasses.replace(report, lint=many))
    assert text.count("⚠️ new") == 20
    assert "and 480 more, which the JSON has" in text
    text = to_markdown(report_of("b" * 20_000), most=60_000)
    assert len(text) <= 60_000
    assert "a part is left out here" in text


def test_many_alike_hide_nothing() -> None:
    """A thousand grants with one change are one entry, below somebody else who may assume the role."""
    report = report_of("bob")
    trust = Change(
        "account 1", Direction.BROADENED, "assumed by account 1", Cause("there", (SourceLocation(description="here"),))
    )
    grants = tuple(_granted(f"team-{n}") for n in range(1000))
    text = to_markdown(dataclasses.replace(report, review=Review((*grants, trust))))
    assert len(text) < 10_000
    assert text.count("- 🔴") == 2
    assert text.index("assumed by") < text.index("team-0")
    assert "and 999 alike: <code>team-1</code>, " in text


def test_many_findings_leave_room() -> None:
    """Of a thousand findings and open probes the first are told, and the rest is counted."""
    report = report_of("bob")
    assert report.lint
    assert report.verified
    lint = dataclasses.replace(report.lint, new=report.lint.new * 1000)
    verified = dataclasses.replace(report.verified, probes=report.verified.probes * 1000)
    text = to_markdown(dataclasses.replace(report, lint=lint, verified=verified))
    assert text.count("… and 980 more, which the JSON has") == 2
    assert "- 🔴" in text


def _granted(id_: str) -> Change:
    place = SourceLocation(file="access.toml", line=1, key=f"grants.{id_}.access")
    text = f"{id_} can now read objects in {id_}/"
    return Change(id_, Direction.BROADENED, text, Cause(f"there: the bucket/{id_}/* " + "x" * 90, (place,)), f"{id_}/")

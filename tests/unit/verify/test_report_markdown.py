"""The Markdown report, read by a Markdown parser."""

from html import escape as escape_html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from temp_access.config.model import Grant
from temp_access.terminal_text import escape_control
from temp_access.verify.probes import Result, Verdict, VerificationReport
from temp_access.verify.report.markdown import to_markdown
from tests.unit.support.report_sample import HOSTILE, list_probe, passed, put_probe, sample_report

FAILED = Result(list_probe(), Verdict.FAILED, "allowed")
UNSURE = Result(list_probe(), Verdict.INCONCLUSIVE, "throttled")


@pytest.mark.parametrize(
    ("results", "headline"),
    [
        ((passed(put_probe()),), "## ✅ temp-access verify: all 1 probes passed"),
        ((passed(put_probe()), FAILED, UNSURE), "## ❌ temp-access verify: 1 of 3 probes failed"),
        ((UNSURE,), "## ⚠️ temp-access verify: 1 of 1 probes inconclusive, none failed"),
        ((), "## ⚠️ temp-access verify: no probes ran, so nothing was verified"),
    ],
)
def test_has_the_outcome_in_its_headline(results: tuple[Result, ...], headline: str) -> None:
    """In words, besides the sign."""
    assert to_markdown(VerificationReport(sample_report().target, "7f3a", results)).splitlines()[0] == headline


def test_has_a_table_row_for_each_group() -> None:
    """With the counts and the result."""
    markdown = to_markdown(sample_report())

    assert "| <code>bob</code> | 2 | 1 | 1 | - | ❌ FAILED: 1/2 passed |" in markdown
    assert _tokens(markdown).count("tr_open") == 6


def test_shows_a_failure_in_full() -> None:
    """Caller, call, expectation, observation, control and cause."""
    markdown = to_markdown(sample_report())

    for label in ("probe", "caller", "call", "expected", "observed", "control", "likely cause"):
        assert f"- **{label}:** " in markdown


def test_shows_warnings() -> None:
    """Above the failures, because a summary is read from the top."""
    assert "- **warning:** careful" in to_markdown(sample_report(warnings=("careful",)))


def _render(markdown: str) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(markdown))


def _tokens(markdown: str) -> list[str]:
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    return [child.type for token in tokens for child in (token, *(token.children or ()))]


def _report_on(text: str) -> VerificationReport:
    probe = put_probe(Grant(text, "read", text), title=text, cause=text)
    return sample_report(Result(probe, Verdict.FAILED, text), warnings=(text,))


MARKUP = "[]()<>|`*_~\\$&#!-+=:/ .\n\r1xw"


@given(
    st.text(MARKUP, min_size=1, max_size=40)
    | st.text(min_size=1, max_size=20)
    | st.sampled_from([HOSTILE, "&lt;b&#62;"])
)
def test_interprets_nothing_in_a_text(text: str) -> None:
    """For all texts, the document has the same structure and shows the text itself."""
    markdown = to_markdown(_report_on(text))

    assert _structure(markdown) == _structure(to_markdown(_report_on("plain")))
    assert f"<code>{escape_html(escape_control(text), quote=False)}</code>" in _render(markdown).replace("&quot;", '"')


def _structure(markdown: str) -> list[str]:
    return [kind for kind in _tokens(markdown) if kind not in ("text", "text_special")]


def test_stays_under_the_limit_of_a_job_summary() -> None:
    """GitHub drops a summary over 1 MiB, so the last failures are only counted; the JSON report has them."""
    markdown = to_markdown(sample_report(*[FAILED] * 4000))

    assert 900_000 < len(markdown.encode()) <= 1_000_000
    shown = markdown.count("\n### ❌")
    assert f"… and {4000 - shown} more; see the JSON report." in markdown

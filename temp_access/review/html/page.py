"""The page: a head, sections with landmarks and headings, and its style, all in one file."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from temp_access.review.html import sections
from temp_access.review.html.grants import grants
from temp_access.review.html.text import tag, text
from temp_access.review.html.verification import verification
from temp_access.review.model import HEADLINES, Direction
from temp_access.review.report import Report

_STYLE = Path(__file__).with_name("style.css")
# Nothing may be fetched, and no script may run, whatever a name smuggles in.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_NOTE = (
    "Compared by representative requests on both sides; docs/review.md of temp-access says what that finds and what it "
    "doesn't. Nothing was called."
)


def to_html(report: Report) -> str:
    """Return the whole page."""
    headline = HEADLINES[report.review.headline]
    parts = list(_parts(report))
    links = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title, _ in parts)
    body = "".join(_section(*part) for part in parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        f"<title>{text(headline)} - temp-access review</title>"
        f"<style>{_STYLE.read_text(encoding='utf-8')}</style></head>"
        '<body><a class="skip" href="#changes">Skip to the changes</a>'
        f"<header><p>temp-access review</p><h1>{text(headline)}</h1><p>{_counts(report)}</p>"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav></header>'
        f"<main>{body}</main><footer><p>{_NOTE}</p></footer></body></html>\n"
    )


def _parts(report: Report) -> Iterator[tuple[str, str, Iterable[str]]]:
    yield "changes", "Who gained and lost what", sections.changes(report.review)
    yield "map", "Access map", sections.access_map(report)
    yield "grants", "Grants and operations", grants(report.matrix)
    if report.proofs:
        yield "proofs", "Proofs", sections.proofs(report.proofs)
    if report.lint:
        yield "lint", "Lint", sections.lint(report.lint)
    if report.verified:
        yield "verification", "Last verification", verification(report.verified)


def _section(name: str, title: str, content: Iterable[str]) -> str:
    head = f'<h2 id="{name}-title">{title}</h2>'
    return f'<section id="{name}" aria-labelledby="{name}-title">{head}{"".join(content)}</section>'


def _counts(report: Report) -> str:
    counts = Counter(change.direction for change in report.review.changes)
    found = [f"{tag(direction)} {counts[direction]}" for direction in Direction if counts[direction]]
    return " ".join(found) or "No change of access was found."

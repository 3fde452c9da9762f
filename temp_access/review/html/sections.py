"""The sections of the page, each under its heading."""

import itertools
from collections.abc import Iterator

from temp_access.policy.prove.claim import Status
from temp_access.review.html.drawing import narrow, wide
from temp_access.review.html.table import table
from temp_access.review.html.text import code, tag, text
from temp_access.review.linted import Linted
from temp_access.review.markdown_sections import SCOPE, UNMODELLED, claim_words
from temp_access.review.model import Change, Direction, Review
from temp_access.review.proofs import Proofs
from temp_access.review.report import Report

_MOST = 1000


def changes(review: Review) -> Iterator[str]:
    """Yield who gained and lost what."""
    if not review.changes:
        yield "<p>Nobody gained or lost anything.</p>"
    for subject, found in itertools.groupby(review.changes[:_MOST], lambda change: change.subject):
        yield f"<h3>{code(subject)}</h3><ul class='changes'>"
        yield from (_change(change) for change in found)
        yield "</ul>"
    if len(review.changes) > _MOST:
        yield f"<p>… and {len(review.changes) - _MOST} more, which the JSON has.</p>"


def _change(change: Change) -> str:
    return (
        f'<li class="{change.direction}">{tag(change.direction)} {text(change.text)}'
        f"<dl><dt>because</dt><dd>{text(change.cause.text)}</dd><dt>at</dt><dd>{code(change.cause.where)}</dd></dl></li>"
    )


def access_map(report: Report) -> Iterator[str]:
    """Yield the drawing, and the same as a table."""
    drawn = report.map
    yield f"<figure>{wide(drawn)}{narrow(drawn)}<figcaption>"
    yield "What is broadened or new is a thick line, what is narrowed or removed a dashed one."
    if drawn.left_out:
        yield f" {drawn.left_out} more grants aren't drawn."
    yield "</figcaption></figure><details><summary>The same as a table</summary>"
    rows = [
        [code(edge.source), code(edge.target), text(edge.label), tag(edge.direction, edge.change or None)]
        for edge in drawn.edges
    ]
    rows += [[code(n.name), "", text("; ".join(n.notes)), tag(n.direction)] for n in drawn.nodes if n.notes]
    yield table("The access map", ("from", "to", "how", "change"), rows, name="map-caption")
    yield "</details>"


def lint(linted: Linted) -> Iterator[str]:
    """Yield the new findings, and how many there were."""
    if linted.new:
        rows = [[code(f.rule), text(f.message), code(str(place))] for f, place in linted.new]
        yield table("New findings", ("rule", "what", "where"), rows, name="lint-caption")
    yield f"<p>{len(linted.new)} new, {linted.old} as before, {linted.gone} gone.</p>"


def proofs(found: Proofs) -> Iterator[str]:
    """Yield each claim with what came of it."""
    if found.why_not:
        yield f"<p>Nothing was proved: {text(found.why_not)}</p>"
        return
    kinds = {
        Status.PROVED: Direction.NARROWED,
        Status.REFUTED: Direction.BROADENED,
        Status.UNKNOWN: Direction.BOTH,
    }
    rows = [
        [text(claim.name), tag(kinds[claim.status], claim.status), text(claim_words(claim))] for claim in found.claims
    ]
    yield table("Claims about the templates", ("claim", "result", "witness or note"), rows, name="proofs-caption")
    yield f"<p>{text(SCOPE)} {text(UNMODELLED)}.</p>"

"""The review as one HTML page that fetches nothing; review.html.j2 has its structure, words and style."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import jinja2
from markupsafe import Markup

from temp_access.config.table import format_duration
from temp_access.proofs.claim import ClaimStatus
from temp_access.review.access_map import AccessMap, Column, Edge, Node
from temp_access.review.attachments import LastVerification, ProofResults
from temp_access.review.matrix import COLUMNS, MEANINGS
from temp_access.review.model import HEADLINES, Direction
from temp_access.review.render.markdown import UNMODELLED, claim_words
from temp_access.review.report import ReviewReport
from temp_access.terminal_text import escape_control
from temp_access.verify.probes import Verdict

_TEMPLATE = Path(__file__).with_name("review.html.j2")
_MOST_CHANGES, _MOST_PROBES = 1000, 200
_WORDS = MappingProxyType(
    {
        Direction.BROADENED: "broadened",
        Direction.NARROWED: "narrowed",
        Direction.BOTH: "broadened and narrowed",
        Direction.UNCHANGED: "unchanged",
    }
)
# What a grant's session could and can do: the CSS class, the sign and the word of a cell.
_CELLS = MappingProxyType(
    {
        (True, True): ("yes", "✓", "yes"),
        (False, False): ("no", "·", "no"),
        (False, True): (Direction.BROADENED, "+", "gained"),
        (True, False): (Direction.NARROWED, "−", "lost"),  # noqa: RUF001 - a minus sign is as wide as the plus
    }
)
# A result has the colour of the change that is as good or as bad.
_RESULTS = MappingProxyType(
    {
        ClaimStatus.PROVED: Direction.NARROWED,
        ClaimStatus.REFUTED: Direction.BROADENED,
        ClaimStatus.UNKNOWN: Direction.BOTH,
        Verdict.PASSED: Direction.NARROWED,
        Verdict.FAILED: Direction.BROADENED,
        Verdict.INCONCLUSIVE: Direction.BOTH,
    }
)


@dataclass(frozen=True, slots=True)
class Card:
    """A node of the access map with the edges that are listed below its name."""

    node: Node
    edges: tuple[Edge, ...]


def to_html(report: ReviewReport) -> str:
    """Return the whole page: text from outside is escaped, and its control characters are made visible."""
    changes = report.review.changes
    counts = Counter(change.direction for change in changes)
    groups = itertools.groupby(changes[:_MOST_CHANGES], lambda change: change.subject)
    return _template().render(
        report=report,
        headline=HEADLINES[report.review.headline],
        counts=[(direction, counts[direction]) for direction in Direction if counts[direction]],
        statuses=dict(_statuses(report)),
        changes=[(subject, list(group)) for subject, group in groups],
        changes_left_out=max(len(changes) - _MOST_CHANGES, 0),
        cards={column.name: list(_cards(report.map, column)) for column in Column},
        operations=COLUMNS,
        meanings=MEANINGS,
        unmodelled=UNMODELLED,
        verdicts=tuple(Verdict),
        most_probes=_MOST_PROBES,
    )


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATE.parent),
        autoescape=True,
        finalize=_finalize,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        words=_WORDS, cells=_CELLS, results=_RESULTS, format_duration=format_duration, claim_words=claim_words
    )
    return environment.get_template(_TEMPLATE.name)


def _finalize(value: object) -> str:
    # Jinja calls this for each value before it escapes it; what a macro returns went through here already.
    return value if isinstance(value, Markup) else escape_control(str(value))


def _statuses(report: ReviewReport) -> Iterator[tuple[str, str]]:
    """Yield each section of the page with the status that its link shows."""
    yield "changes", ""
    yield "map", ""
    yield "grants", ""
    if report.proofs:
        yield "proofs", _proofs_status(report.proofs)
    if report.lint:
        yield "lint", f"{len(report.lint.new)} new"
    if report.verified:
        yield "verification", _verification_status(report.verified)


def _proofs_status(proofs: ProofResults) -> str:
    if proofs.why_not:
        return "not run"
    counts = [(proofs.count(status), status) for status in (ClaimStatus.REFUTED, ClaimStatus.UNKNOWN)]
    return ", ".join(f"{count} {status}" for count, status in counts if count) or "all proved"


def _verification_status(verified: LastVerification) -> str:
    counts = Counter(probe.verdict for probe in verified.open)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict]) or "all passed"


def _cards(access_map: AccessMap, column: Column) -> Iterator[Card]:
    """Yield the cards of a column: a principal lists the edges away from it, a folder those that lead to it."""
    for node in access_map.nodes:
        if node.column == column:
            yield Card(node, tuple(edge for edge in access_map.edges if _is_listed(edge, node)))


def _is_listed(edge: Edge, node: Node) -> bool:
    away, towards = edge.source == node.name, edge.target == node.name
    # The role lists only an edge to itself: every other edge is listed at its other end.
    return {Column.CALLER: away, Column.ROLE: away and towards, Column.PLACE: towards}[node.column]

"""The review as one HTML page that loads nothing; review.html.j2 contains its structure, text and style."""

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
from temp_access.review.compare.principals import NO_SESSION_POLICY
from temp_access.review.matrix import COLUMNS, MEANINGS
from temp_access.review.model import DIRECTION_NAMES, HEADLINES, Direction, counted
from temp_access.review.render.markdown import SCOPE, UNMODELED, describe_claim
from temp_access.review.report import ReviewReport
from temp_access.terminal_text import escape_control
from temp_access.verify.probes import Verdict

_TEMPLATE = Path(__file__).with_name("review.html.j2")
_MAX_CHANGES, _MAX_PROBES = 1000, 200
_PAIRS_NOT_KNOWN = [(None, None), (None, True), (None, False), (True, None), (False, None)]
# A cell by what base and head allow: its CSS class, sign and word.
_CELLS = MappingProxyType(
    {
        (True, True): ("yes", "✓", "yes"),
        (False, False): ("no", "·", "no"),
        (False, True): (Direction.BROADENED, "+", "gained"),
        (True, False): (Direction.NARROWED, "−", "lost"),  # noqa: RUF001 - a minus sign is as wide as the plus
        **dict.fromkeys(_PAIRS_NOT_KNOWN, (Direction.UNKNOWN, "?", "not known")),
    }
)
# A good result has the color of narrowed access, a bad one that of broadened access.
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
    """A node of the access map with the edges that the page lists below its name."""

    node: Node
    edges: tuple[Edge, ...]


def to_html(report: ReviewReport) -> str:
    """Return the page; it escapes every value and makes control characters visible."""
    changes = report.review.changes
    counts = Counter(change.direction for change in changes)
    groups = itertools.groupby(changes[:_MAX_CHANGES], lambda change: change.subject)
    return _template().render(
        report=report,
        headline=HEADLINES[report.review.headline],
        counts=[(direction, counts[direction]) for direction in Direction if counts[direction]],
        statuses=dict(_statuses(report)),
        changes=[(subject, list(group)) for subject, group in groups],
        omitted_changes=max(len(changes) - _MAX_CHANGES, 0),
        cards={column.name: list(_cards(report.map, column)) for column in Column},
        operations=COLUMNS,
        meanings=MEANINGS,
        no_session_policy=NO_SESSION_POLICY,
        scope=SCOPE,
        unmodeled=UNMODELED,
        verdicts=tuple(Verdict),
        max_changes=_MAX_CHANGES,
        policy_results={"new": Direction.BOTH, "removed": Direction.BOTH, "": Direction.UNCHANGED},
        max_probes=_MAX_PROBES,
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
    environment.globals.update(directions=DIRECTION_NAMES, cells=_CELLS, results=_RESULTS)
    environment.globals.update(format_duration=format_duration, counted=counted, describe_claim=describe_claim)
    return environment.get_template(_TEMPLATE.name)


def _finalize(value: object) -> str:
    # Jinja calls this for each value before escaping; the values in a macro's result are finalized already.
    return value if isinstance(value, Markup) else escape_control(str(value))


def _statuses(report: ReviewReport) -> Iterator[tuple[str, str]]:
    """Yield the name of each section with the status that its link shows."""
    if report.review.unknown or report.review.same_unread:
        yield "unknown", str(len(report.review.unknown) or "")
    yield "changes", ""
    yield "map", ""
    yield "grants", ""
    if report.policies:
        yield "policies", ""
    if report.proofs:
        yield "proofs", _proofs_status(report.proofs)
    if report.lint:
        yield "lint", f"{len(report.lint.new)} new"
    if report.verification:
        yield "verification", _verification_status(report.verification)


def _proofs_status(proofs: ProofResults) -> str:
    if proofs.skip_reason:
        return "not run"
    counts = [(proofs.count(status), status) for status in (ClaimStatus.REFUTED, ClaimStatus.UNKNOWN)]
    return ", ".join(f"{count} {status}" for count, status in counts if count) or "all proved"


def _verification_status(verification: LastVerification) -> str:
    counts = Counter(probe.verdict for probe in verification.not_passed)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict]) or "all passed"


def _cards(access_map: AccessMap, column: Column) -> Iterator[Card]:
    """Yield the cards of a column: a principal lists its outgoing edges, a folder its incoming ones."""
    for node in access_map.nodes:
        if node.column == column:
            yield Card(node, tuple(edge for edge in access_map.edges if _is_listed(edge, node)))


def _is_listed(edge: Edge, node: Node) -> bool:
    outgoing, incoming = edge.source == node.name, edge.target == node.name
    # The role lists only an edge to itself, because the card at the other end lists every other edge.
    return {Column.CALLER: outgoing, Column.ROLE: outgoing and incoming, Column.RESOURCE: incoming}[node.column]

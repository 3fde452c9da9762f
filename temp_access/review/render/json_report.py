"""The review as JSON for programs. `schema` goes up when a key is removed, or changes its meaning or type."""

import json
from dataclasses import asdict
from typing import Any

from temp_access.cfn.source_location import SourceLocation
from temp_access.proofs.claim import as_json as claims_json
from temp_access.review.attachments import LastVerification, LintDelta, ProofResults
from temp_access.review.matrix import COLUMNS, Row
from temp_access.review.model import Change
from temp_access.review.report import ReviewReport


def to_json(report: ReviewReport) -> str:
    """Return everything that is known of the change; null is what wasn't asked for."""
    value = {
        "schema": 1,
        "headline": report.review.headline,
        "changes": [_change(change) for change in report.review.changes],
        "grants": [_row(row) for row in report.matrix.rows],
        "grants_left_out": report.matrix.left_out,
        "lint": _lint(report.lint),
        "proofs": _proofs(report.proofs),
        "verification": _verification(report.verified),
    }
    return json.dumps(value, indent=2) + "\n"


def _change(change: Change) -> dict[str, Any]:
    return {
        "subject": change.subject,
        "direction": change.direction,
        "text": change.text,
        "target": change.target,
        "cause": {"text": change.cause.text, "places": [_place(place) for place in change.cause.places]},
    }


def _place(place: SourceLocation) -> dict[str, Any]:
    return {"text": str(place), **{name: value for name, value in asdict(place).items() if name != "description"}}


def _row(row: Row) -> dict[str, Any]:
    cells = {name: {"before": old, "after": new} for name, (old, new) in zip(COLUMNS, row.cells, strict=True)}
    return {"id": row.id, "access": row.access, "folder": row.folder, "duration": row.duration, "can": cells}


def _lint(linted: LintDelta | None) -> dict[str, Any] | None:
    if linted is None:
        return None
    new = [{"rule": finding.rule, "message": finding.message, "place": _place(place)} for finding, place in linted.new]
    return {"new": new, "as_before": linted.old, "gone": linted.gone}


def _proofs(proofs: ProofResults | None) -> dict[str, Any] | None:
    if proofs is None:
        return None
    return {"why_not": proofs.why_not or None, **claims_json(proofs.claims)}


def _verification(verified: LastVerification | None) -> dict[str, Any] | None:
    if verified is None:
        return None
    kept = ("account", "region", "bucket", "run", "about", "of_head")
    said = {name: getattr(verified, name) for name in kept}
    return {**said, "counts": verified.counts, "open": [asdict(probe) for probe in verified.open]}

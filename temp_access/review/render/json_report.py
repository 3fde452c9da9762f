"""The review as JSON, for programs.

The number `schema` increases when a key is removed, or changes its meaning or type.
"""

import json
from dataclasses import asdict
from typing import Any

from temp_access.cfn.source_location import SourceLocation
from temp_access.proofs.claim import as_json as claims_json
from temp_access.review.attachments import LastVerification, LintDelta, ProofResults
from temp_access.review.matrix import COLUMNS, GrantRow
from temp_access.review.model import Change
from temp_access.review.report import ReviewReport

_LOCATION_KEYS = ("file", "line", "key", "construct", "id_", "template", "logical_id", "before")


def to_json(report: ReviewReport) -> str:
    """Return the report as JSON, with null for the attachments that weren't requested."""
    value = {
        "schema": 1,
        "headline": report.review.headline,
        "administrators": [
            {"subject": each.subject, "text": str(each), "new": each.is_new} for each in report.administrators
        ],
        "changes": [_change(change) for change in report.review.changes],
        "unknown": [
            {"text": each.description, "places": [_location(location) for location in each.locations]}
            for each in report.review.unknown
        ],
        "not_read_as_before": list(report.review.same_unread),
        "aws_managed_policies": [asdict(policy) for policy in report.policies],
        "grants": [_row(row) for row in report.matrix.rows],
        "grants_left_out": report.matrix.omitted,
        "lint": _lint(report.lint),
        "proofs": _proofs(report.proofs),
        "verification": _verification(report.verification),
    }
    return json.dumps(value, indent=2) + "\n"


def _change(change: Change) -> dict[str, Any]:
    locations = [_location(location) for location in change.cause.locations]
    return {
        "subject": change.subject,
        "direction": change.direction,
        "text": change.description,
        "target": change.target,
        "cause": {"text": change.cause.description, "places": locations},
    }


def _location(location: SourceLocation) -> dict[str, Any]:
    return {"text": str(location), **{key: getattr(location, key) for key in _LOCATION_KEYS}}


def _row(row: GrantRow) -> dict[str, Any]:
    cells = {name: {"before": old, "after": new} for name, (old, new) in zip(COLUMNS, row.cells, strict=True)}
    return {
        "id": row.id,
        "access": row.access,
        "folder": row.folder,
        "duration": row.duration,
        "borrowers": [{"text": text, "status": status} for text, status in row.borrowers],
        "can": cells,
    }


def _lint(lint: LintDelta | None) -> dict[str, Any] | None:
    if lint is None:
        return None
    new = [
        {"rule": each.rule, "severity": each.severity, "message": each.message, "place": _location(location)}
        for each, location in lint.new
    ]
    return {"new": new, "as_before": lint.unchanged, "gone": lint.resolved}


def _proofs(proofs: ProofResults | None) -> dict[str, Any] | None:
    if proofs is None:
        return None
    return {"why_not": proofs.skip_reason or None, **claims_json(proofs.claims)}


def _verification(verification: LastVerification | None) -> dict[str, Any] | None:
    if verification is None:
        return None
    return {
        **{key: getattr(verification, key) for key in ("account", "region", "bucket", "run")},
        "about": verification.config_source,
        "of_head": verification.matches_head,
        "counts": verification.counts,
        "open": [asdict(probe) for probe in verification.not_passed],
    }

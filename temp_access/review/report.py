"""Everything a review shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from temp_access.errors import require_extra
from temp_access.review.access_map import AccessMap, access_map
from temp_access.review.attachments import (
    LastVerification,
    LintDelta,
    ProofResults,
    add_witnesses,
    lint_delta,
    prove,
    read_verification,
)
from temp_access.review.changes.access import access_changes
from temp_access.review.changes.grants import grant_changes, role_duration
from temp_access.review.changes.settings import attachment_changes, bucket_changes
from temp_access.review.changes.trust import trust_changes
from temp_access.review.compare.principals import compared_principals
from temp_access.review.matrix import Matrix, matrix
from temp_access.review.model import Change, Review
from temp_access.review.snapshot import Snapshot


def review(base: Snapshot, head: Snapshot) -> Review:
    """Return everything that `head` changes, grouped by whom it is about."""
    by_subject: dict[str, list[Change]] = {}
    for change in dict.fromkeys(_changes(base, head)):
        by_subject.setdefault(change.subject, []).append(change)
    return Review(tuple(change for changes in by_subject.values() for change in changes))


def _changes(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    yield from grant_changes(base, head)
    for actor in compared_principals(base, head):
        yield from access_changes(actor, base, head)
    yield from trust_changes(base, head)
    yield from role_duration(base, head)
    yield from attachment_changes(base, head)
    yield from bucket_changes(base, head)


@dataclass(frozen=True, slots=True)
class ReviewReport:
    """A review with what goes with it; None is what wasn't asked for, `config_file` the name of head's access.toml."""

    review: Review
    map: AccessMap
    matrix: Matrix
    lint: LintDelta | None
    proofs: ProofResults | None
    verified: LastVerification | None
    config_file: str


def make_report(
    base: Snapshot,
    head: Snapshot,
    *,
    compare_only: bool = False,
    proof_timeout: float = 10,
    verification: Path | None = None,
) -> ReviewReport:
    """Return the review of two sides, with lint and proofs (`proof_timeout` seconds each) unless `compare_only`.

    Raises MissingExtraError when the lint rules can't run.
    """
    # Checked and read first: the comparison takes seconds. Without the extra 'prove', the report says so.
    if not compare_only:
        require_extra("lint")
    verified = read_verification(verification, base, head) if verification else None
    found = review(base, head)
    proofs = None if compare_only else prove(base, head, proof_timeout)
    if proofs:
        found = add_witnesses(found, proofs)
    return ReviewReport(
        review=found,
        map=access_map(found, base, head),
        matrix=matrix((change.subject for change in found.changes), base, head),
        lint=None if compare_only else lint_delta(base, head),
        proofs=proofs,
        verified=verified,
        config_file=head.config.path.name,
    )

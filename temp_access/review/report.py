"""Everything that a review shows, in whatever format."""

from dataclasses import dataclass
from pathlib import Path

from temp_access.review.access_map import AccessMap, access_map
from temp_access.review.linted import LintDelta, lint_delta
from temp_access.review.matrix import Matrix, matrix
from temp_access.review.model import Review
from temp_access.review.proofs import ProofResults, add_witnesses, prove
from temp_access.review.review import review
from temp_access.review.side import Snapshot
from temp_access.review.verified import LastVerification, read_verification


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
    """Return the review of two sides, with lint and proofs (`proof_timeout` seconds each) unless `compare_only`."""
    # Read first: a wrong file is known at once.
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

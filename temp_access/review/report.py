"""Everything that a review shows, in whatever format."""

from dataclasses import dataclass
from pathlib import Path

from temp_access.errors import require_extra
from temp_access.review.access_map import AccessMap, access_map
from temp_access.review.linted import Linted, lint
from temp_access.review.matrix import Matrix, matrix
from temp_access.review.model import Review
from temp_access.review.proofs import Proofs, prove, with_witnesses
from temp_access.review.review import review
from temp_access.review.side import Side
from temp_access.review.verified import Verified, read_verification


@dataclass(frozen=True, slots=True)
class Report:
    """A review with what goes with it; None is what wasn't asked for, `config_file` the name of head's access.toml."""

    review: Review
    map: AccessMap
    matrix: Matrix
    lint: Linted | None
    proofs: Proofs | None
    verified: Verified | None
    config_file: str


def make_report(
    base: Side, head: Side, *, compare_only: bool = False, proof_timeout: float = 10, verification: Path | None = None
) -> Report:
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
        found = with_witnesses(found, proofs)
    return Report(
        review=found,
        map=access_map(found, base, head),
        matrix=matrix((change.subject for change in found.changes), base, head),
        lint=None if compare_only else lint(base, head),
        proofs=proofs,
        verified=verified,
        config_file=head.config.path.name,
    )

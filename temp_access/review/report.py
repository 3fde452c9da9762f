"""The review of two snapshots, with its access map, matrix, lint findings, proofs and last verification."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from temp_access.errors import require_extra
from temp_access.review.access_map import AccessMap, access_map
from temp_access.review.administrators import Administrator, administrators
from temp_access.review.attachments import (
    LastVerification,
    LintDelta,
    ProofResults,
    add_proofs,
    lint_delta,
    prove,
    read_verification,
)
from temp_access.review.changes.access import access_changes
from temp_access.review.changes.borrowing import borrowing_changes
from temp_access.review.changes.grants import grant_changes, role_duration
from temp_access.review.changes.settings import bucket_changes
from temp_access.review.changes.trust import trust_changes
from temp_access.review.changes.unread import same_unread, unread_changes
from temp_access.review.compare.deployments import other_deployments
from temp_access.review.compare.principals import compared_principals
from temp_access.review.managed_policies import ManagedPolicy, managed_policies, with_reason
from temp_access.review.matrix import Matrix, matrix
from temp_access.review.model import Change, Review, Unknown
from temp_access.review.snapshot import Snapshot, with_undecided


def review(base: Snapshot, head: Snapshot) -> Review:
    """Return every change of access from `base` to `head`, grouped by subject, and what can't be told."""
    base, head = with_undecided(base, head)
    by_subject: dict[str, list[Change]] = {}
    unknown: list[Unknown] = []
    for result in dict.fromkeys(with_reason(each, base, head) for each in _compare(base, head)):
        if isinstance(result, Unknown):
            unknown.append(result)
        else:
            by_subject.setdefault(result.subject, []).append(result)
    changes = tuple(change for group in by_subject.values() for change in group)
    return Review(changes, tuple(unknown), same_unread(base, head))


def _compare(base: Snapshot, head: Snapshot) -> Iterator[Change | Unknown]:
    yield from grant_changes(base, head)
    here = list(_decided(base, head))
    yield from here
    yield from _only_elsewhere(base, head, here)
    yield from role_duration(base, head)
    yield from borrowing_changes(base, head)
    yield from bucket_changes(base, head)
    yield from unread_changes(base, head)


def _decided(base: Snapshot, head: Snapshot) -> Iterator[Change | Unknown]:
    for principal in compared_principals(base, head):
        yield from access_changes(principal, base, head)
    yield from trust_changes(base, head)


def _only_elsewhere(base: Snapshot, head: Snapshot, here: list[Change | Unknown]) -> Iterator[Change | Unknown]:
    """Yield what differs only in another Region, partition or account than the one that stands for all.

    Of those with a direction that is known already, one more example would say nothing new.
    """
    seen = {each.direction if isinstance(each, Change) else each.description for each in here}
    for place, snapshots in other_deployments(base, head):
        found = [
            replace(each, description=f"{each.description}, {place}")
            for each in _decided(*snapshots)
            if (each.direction if isinstance(each, Change) else each.description) not in seen
        ]
        seen |= {each.direction for each in found if isinstance(each, Change)}
        yield from found


@dataclass(frozen=True, slots=True)
class ReviewReport:
    """A review with its attachments, None for those not requested; `config_file` is the name of head's access.toml.

    `administrators` and `policies` describe head, whether it differs from base or not.
    """

    review: Review
    map: AccessMap
    matrix: Matrix
    lint: LintDelta | None
    proofs: ProofResults | None
    verification: LastVerification | None
    config_file: str
    administrators: tuple[Administrator, ...] = ()
    policies: tuple[ManagedPolicy, ...] = ()


def make_report(
    base: Snapshot,
    head: Snapshot,
    *,
    compare_only: bool = False,
    proof_timeout: float = 10,
    verification_file: Path | None = None,
) -> ReviewReport:
    """Return the report; unless `compare_only`, with lint findings and proofs (`proof_timeout` seconds for each).

    Raises MissingExtraError if the lint rules can't run.
    """
    # Check and read first: the comparison takes seconds. Without the extra 'prove', the report says so.
    if not compare_only:
        require_extra("lint")
    verification = read_verification(verification_file, base, head) if verification_file else None
    result = review(base, head)
    proofs = None if compare_only else prove(base, head, proof_timeout)
    if proofs:
        result = add_proofs(result, proofs)
    return ReviewReport(
        review=result,
        map=access_map(result, base, head),
        matrix=matrix((change.subject for change in result.changes), base, head),
        lint=None if compare_only else lint_delta(base, head),
        proofs=proofs,
        verification=verification,
        config_file=head.config.path.name,
        administrators=administrators(base, head),
        policies=managed_policies(base, head),
    )

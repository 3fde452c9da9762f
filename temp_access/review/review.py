"""The whole comparison of two sides."""

from collections.abc import Iterator

from temp_access.review.access_changes import access_changes
from temp_access.review.actors import compared_principals
from temp_access.review.bucket_settings import bucket_changes
from temp_access.review.grant_changes import grant_changes, role_duration
from temp_access.review.holdings import attachment_changes
from temp_access.review.model import Change, Review
from temp_access.review.side import Snapshot
from temp_access.review.trust_changes import trust_changes


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

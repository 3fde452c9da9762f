"""Names that compare across both snapshots."""

from pathlib import Path

import pytest

from temp_access.review.names import BUCKET, USER
from temp_access.review.snapshot import Snapshot, read_snapshot

PAIRS = Path(__file__).parents[2] / "data" / "review" / "renamed-construct"


@pytest.fixture
def snapshots() -> tuple[Snapshot, Snapshot]:
    """Return a base and a head whose bucket has a different logical id."""
    return read_snapshot("base", PAIRS / "base" / "cdk.out", None), read_snapshot(
        "head", PAIRS / "head" / "cdk.out", None
    )


def test_normalizes_the_bucket_in_both_snapshots(snapshots: tuple[Snapshot, Snapshot]) -> None:
    """A key of the bucket has one normalized form, and each snapshot localizes it to its own name."""
    base, head = snapshots
    keys = [f"arn:aws:s3:::{snapshot.target.bucket}/bob/x" for snapshot in snapshots]
    assert keys[0] != keys[1]
    assert base.names.normalize(keys[0]) == head.names.normalize(keys[1]) == f"{BUCKET}/bob/x"
    assert head.names.localize(base.names.normalize(keys[0])) == keys[1]


def test_keeps_a_longer_name(snapshots: tuple[Snapshot, Snapshot]) -> None:
    """A bucket or user whose name only begins with the target's name is a different one."""
    base, _ = snapshots
    bucket, user = f"arn:aws:s3:::{base.target.bucket}", base.target.user_arn
    assert not base.names.normalize(f"{bucket}-2/x").startswith(BUCKET)
    assert not base.names.normalize(f"{user}2").startswith(USER)
    assert base.names.localize(base.names.normalize(f"{bucket}-2/x")) == f"{bucket}-2/x"

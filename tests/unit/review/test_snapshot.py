"""Texts that mean the same on both sides, whatever the names are there."""

from pathlib import Path

import pytest

from temp_access.review.snapshot import BUCKET, USER, Snapshot, localize, normalize, read_snapshot

PAIRS = Path(__file__).parents[2] / "data" / "review" / "renamed-construct"


@pytest.fixture
def sides() -> tuple[Snapshot, Snapshot]:
    """Return a base and a head whose bucket has another logical id."""
    return read_snapshot("base", PAIRS / "base" / "cdk.out", None), read_snapshot(
        "head", PAIRS / "head" / "cdk.out", None
    )


def test_the_own_bucket_is_the_same_on_both_sides(sides: tuple[Snapshot, Snapshot]) -> None:
    """A key of the own bucket has one shared form, and each side gets its own back."""
    base, head = sides
    keys = [f"arn:aws:s3:::{side.target.bucket}/bob/x" for side in sides]
    assert keys[0] != keys[1]
    assert normalize(base, keys[0]) == normalize(head, keys[1]) == f"{BUCKET}/bob/x"
    assert localize(head, normalize(base, keys[0])) == keys[1]


def test_a_longer_name_is_another(sides: tuple[Snapshot, Snapshot]) -> None:
    """A bucket or user whose name only begins with the own one isn't it."""
    base, _ = sides
    bucket, user = f"arn:aws:s3:::{base.target.bucket}", base.target.user_arn
    assert not normalize(base, f"{bucket}-2/x").startswith(BUCKET)
    assert not normalize(base, f"{user}2").startswith(USER)
    assert localize(base, normalize(base, f"{bucket}-2/x")) == f"{bucket}-2/x"

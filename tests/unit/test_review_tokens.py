"""Texts that mean the same on both sides, whatever the names are there."""

from pathlib import Path

import pytest

from temp_access.review.side import Side, read_side
from temp_access.review.tokens import BUCKET, USER, own_form, shared_form

PAIRS = Path(__file__).parents[1] / "data" / "review" / "renamed-construct"


@pytest.fixture
def sides() -> tuple[Side, Side]:
    """Return a base and a head whose bucket has another logical id."""
    return read_side("base", PAIRS / "base" / "cdk.out", None), read_side("head", PAIRS / "head" / "cdk.out", None)


def test_the_own_bucket_is_the_same_on_both_sides(sides: tuple[Side, Side]) -> None:
    """A key of the own bucket has one shared form, and each side gets its own back."""
    base, head = sides
    keys = [f"arn:aws:s3:::{side.target.bucket}/bob/x" for side in sides]
    assert keys[0] != keys[1]
    assert shared_form(base, keys[0]) == shared_form(head, keys[1]) == f"{BUCKET}/bob/x"
    assert own_form(head, shared_form(base, keys[0])) == keys[1]


def test_a_longer_name_is_another(sides: tuple[Side, Side]) -> None:
    """A bucket or user whose name only begins with the own one isn't it."""
    base, _ = sides
    bucket, user = f"arn:aws:s3:::{base.target.bucket}", base.target.user_arn
    assert not shared_form(base, f"{bucket}-2/x").startswith(BUCKET)
    assert not shared_form(base, f"{user}2").startswith(USER)
    assert own_form(base, shared_form(base, f"{bucket}-2/x")) == f"{bucket}-2/x"

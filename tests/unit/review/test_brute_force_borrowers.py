"""The review's headline against brute force, for grants with borrowers: every caller of a grid and every token.

`REVIEW_PAIRS=300 pytest tests/unit/review/test_brute_force_borrowers.py` tries more pairs.
"""

import json
import os
from pathlib import Path

import pytest

from temp_access.review.model import Direction
from temp_access.review.report import review
from tests.unit.support.brute_force_borrowers import difference, random_pair

_PAIRS = int(os.environ.get("REVIEW_PAIRS", "12"))
_DIRECTIONS = {
    Direction.UNCHANGED: frozenset[str](),
    Direction.BROADENED: frozenset({"broadened"}),
    Direction.NARROWED: frozenset({"narrowed"}),
    Direction.BOTH: frozenset({"broadened", "narrowed"}),
}


@pytest.mark.parametrize("seed", range(_PAIRS))
def test_the_headline_is_what_brute_force_finds(seed: int, tmp_path: Path) -> None:
    """No caller who gains a grant's role is missed, and none is reported that the grid doesn't show."""
    base, head = random_pair(tmp_path, seed)
    result, expected = review(base, head), difference(base, head)
    assert expected.undecided == []
    found = {"gained": expected.gained[:3], "lost": expected.lost[:3]}
    texts = [f"{each.direction}: {each.description}" for each in result.changes]
    assert _DIRECTIONS[result.headline] == expected.directions, json.dumps({**found, "changes": texts}, indent=1)

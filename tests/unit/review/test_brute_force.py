"""The review's headline against brute force: every request of a dense grid, tried on random pairs of outputs.

`REVIEW_PAIRS=300 pytest tests/unit/review/test_brute_force.py` tries more pairs.
"""

import json
import os
from pathlib import Path

import pytest

from temp_access.review.model import Direction
from temp_access.review.report import review
from temp_access.review.snapshot import Snapshot
from tests.unit.support.brute_force import Difference, difference, documents, random_pair

_PAIRS = int(os.environ.get("REVIEW_PAIRS", "24"))
_DIRECTIONS = {
    Direction.UNCHANGED: frozenset[str](),
    Direction.BROADENED: frozenset({"broadened"}),
    Direction.NARROWED: frozenset({"narrowed"}),
    Direction.BOTH: frozenset({"broadened", "narrowed"}),
}


@pytest.mark.parametrize("seed", range(_PAIRS))
def test_the_headline_is_what_brute_force_finds(seed: int, tmp_path: Path) -> None:
    """No widening is missed, and none is reported that no request shows; every third pair has two access.toml."""
    base, head = random_pair(tmp_path, seed, other_config=seed % 3 == 0)
    result, expected = review(base, head), difference(base, head)
    assert expected.undecided == []
    assert _DIRECTIONS[result.headline] == expected.directions, _described(expected, base, head)


def _described(expected: Difference, base: Snapshot, head: Snapshot) -> str:
    requests = {"gained": expected.gained[:3], "lost": expected.lost[:3]}
    return json.dumps({**requests, "base": documents(base), "head": documents(head)}, indent=1)

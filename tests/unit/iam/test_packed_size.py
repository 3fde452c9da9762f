"""The estimate of the packed size: the published sizes, and what holds for every policy and tag."""

import random
import string
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.iam.packed_size import PackedSize, PercentRange, estimate_packed_size
from temp_access.local_aws.rules.call import Call, Caller
from temp_access.local_aws.rules.session_policy import packed_percent

POINTS = tomllib.loads((Path(__file__).parents[2] / "data/packed_sizes/points.toml").read_text())["points"]
# The longest value that AWS accepts: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LONGEST_TAG = "v" * 256
TEXT = st.text(string.ascii_letters + string.digits + '":/*-,{}[]', max_size=2048)
TAGS = st.dictionaries(st.text(string.ascii_letters, min_size=1, max_size=20), TEXT.map(lambda text: text[:256]))


def irregular(length: int) -> str:
    """Text that packs as badly as that of a policy can."""
    return "".join(random.Random(1).choices(string.printable[:94], k=length))  # noqa: S311


def known(point: dict[str, Any]) -> bool:
    """Whether something of what was sent is public."""
    return bool(point.keys() & {"policies", "characters", "tags", "unknown_tags"})


def largest(point: dict[str, Any]) -> PackedSize:
    """The estimate with the worst of what isn't public."""
    policies = point.get("policies", irregular(point.get("characters", 0)))
    tags = point.get("tags", {}) | dict.fromkeys(point.get("unknown_tags", []), LONGEST_TAG)
    return estimate_packed_size(policies, tags)


def smallest(point: dict[str, Any]) -> PackedSize:
    """The estimate with the best of what isn't public."""
    policies = point.get("policies", "a" * point.get("characters", 0))
    tags = point.get("tags", {}) | dict.fromkeys(point.get("unknown_tags", []), "")
    return estimate_packed_size(policies, tags)


def test_every_point_has_a_source() -> None:
    """And a percentage; most have more than that."""
    assert all(source.startswith("https://") for point in POINTS for source in point["sources"])
    assert all(point["sources"] and point["percent"] > 0 for point in POINTS)
    assert sum(map(known, POINTS)) >= 10


@pytest.mark.parametrize("point", [point for point in POINTS if known(point)], ids=lambda point: point["name"])
def test_no_published_size_is_outside_the_range(point: dict[str, Any]) -> None:
    """Not above its high end, or STS would refuse what was called small enough; and not below its low end."""
    assert smallest(point).total.low <= point["percent"] <= largest(point).total.high


def test_the_ranges_aren_t_wider_than_the_sizes_are() -> None:
    """Without the change of the limit, a factor of 1.1; STS halved the percentages by it."""
    points = [point for point in POINTS if "policies" in point and "unknown_tags" not in point]
    assert len(points) == 4
    for point in points:
        total = largest(point).total
        assert total.high <= 2.7 * total.low
        assert total.high <= 1.1 * point["percent"] or total.low >= 0.8 * point["percent"]


def test_the_refused_policies_may_be_refused() -> None:
    """The policy of 2,017 characters, which was called 53 %; and nine tags."""
    by_name = {point["name"]: largest(point) for point in POINTS}
    path = by_name["three statements with the same path of 15 random names"]
    assert path.may_be_refused
    assert 120 <= path.total.high <= 135
    tags = by_name["nine tags of 250 equal letters"]
    assert tags.may_be_refused
    assert not by_name["a folder's read and write actions"].may_be_refused


def test_tags_are_named_as_their_own_part() -> None:
    """They add to the policies, whatever these are."""
    size = estimate_packed_size("x" * 100, {"team": "data"})
    assert size.policies == estimate_packed_size("x" * 100).total
    assert size.tags == estimate_packed_size("", {"team": "data"}).total == PercentRange(0, 3)
    assert str(size) == f"{size.total} of the limit, of which the session tags take 0% to 3%"
    assert size.total.high == size.policies.high + 3
    assert estimate_packed_size("").total == PercentRange(0, 0)


@given(TEXT, TAGS)
def test_a_range_has_two_ends(policies: str, tags: dict[str, str]) -> None:
    """The low one is never above the high one, also of each part."""
    size = estimate_packed_size(policies, tags)
    for part in (size.policies, size.tags, size.total):
        assert 0 <= part.low <= part.high
    assert size.may_be_refused == (size.total.high > 100)


@given(TEXT, TEXT, TAGS)
def test_more_never_packs_better(policies: str, more: str, tags: dict[str, str]) -> None:
    """Beside a percent that deflate may gain by looking further; tags only add."""
    size, longer = estimate_packed_size(policies), estimate_packed_size(policies + more, tags)
    assert longer.policies.high >= size.policies.high - 1
    assert longer.policies.low >= size.policies.low - 1
    assert longer.tags.high >= len(tags)
    further = estimate_packed_size(policies, tags | {"a-further-key": "value"})
    assert further.tags.high > estimate_packed_size(policies, tags).tags.high


@given(TEXT)
def test_the_local_aws_answers_with_a_size_in_the_range(policy: str) -> None:
    """It has to answer with one figure."""
    caller = Caller("arn:aws:iam::111122223333:user/ann", "user")
    size = estimate_packed_size(policy).total
    assert size.low <= packed_percent(Call("AssumeRole", {"Policy": policy}, "AKIAEXAMPLE", caller)) <= size.high

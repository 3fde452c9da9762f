"""Whether one pattern admits every id that another admits."""

import pytest

from temp_access.config.id_pattern import compile_pattern
from temp_access.config.id_pattern.automaton import is_subset


@pytest.mark.parametrize(
    ("inner", "outer", "there", "back"),
    [
        ("tenant-[0-9]{1,6}", "tenant-[0-9]{1,8}", True, False),
        ("\\d{2}", "[0-9][0-9]", True, True),
        ("cat|dog", "dog|cat", True, True),
        ("bob(by)?", "bobby", False, True),
        ("[a-m]x", "[h-z]x", False, False),
        ("a", "ab", False, False),
    ],
)
def test_inclusion_is_exact(inner: str, outer: str, there: bool, back: bool) -> None:
    """It is decided in both directions, for any spelling of the patterns."""
    one, other = compile_pattern(inner).tree, compile_pattern(outer).tree
    assert (is_subset(one, other), is_subset(other, one)) == (there, back)


def test_gives_up_in_bounded_time() -> None:
    """The pattern has exponentially many states."""
    pattern = compile_pattern("([ab]{0,60}a[ab]{20})").tree
    assert is_subset(pattern, compile_pattern("[ab]{0,60}b[ab]{20}|[ab]{1,81}").tree) in (True, None)

"""Whether one pattern admits all that another admits."""

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
    """In both directions, however the patterns are spelled."""
    one, other = compile_pattern(inner).tree, compile_pattern(outer).tree
    assert (is_subset(one, other), is_subset(other, one)) == (there, back)


def test_what_takes_too_long_is_not_told() -> None:
    """A pattern with exponentially many states is given up in a bounded time."""
    pattern = compile_pattern("([ab]{0,60}a[ab]{20})").tree
    assert is_subset(pattern, compile_pattern("[ab]{0,60}b[ab]{20}|[ab]{1,81}").tree) in (True, None)

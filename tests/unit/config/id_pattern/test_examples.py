"""Examples of the ids that a pattern matches."""

import pytest

from temp_access.config.id_pattern import compile_pattern


@pytest.mark.parametrize(
    ("source", "count", "expected"),
    [
        ("[a-z]{1,63}", 4, ("a", "aa", "b", "c")),
        ("[a-z0-9-]{3,63}", 2, ("aaa", "aaaa")),
        ("[a-z]{2,8}-[0-9]{4}", 2, ("aa-0000", "aa-0001")),
        ("bob(by)?", 5, ("bob", "bobby")),
        ("alice|bob(by)?", 2, ("bob", "bobby")),
        ("alice|bob(by)?", 1, ("bob",)),
        ("alice|bob(by)?", 0, ()),
        ("[0-9_a-zA-Z.-]", 3, ("a", "b", "c")),
        ("(a?|b)c", 9, ("c", "ac", "bc")),
        ("[-0Ab]", 9, ("b", "0", "A", "-")),
    ],
)
def test_examples_are_readable_and_begin_with_a_pair(source: str, count: int, expected: tuple[str, ...]) -> None:
    """They are short ids of letters, one of which extends another: unsafe prefixes leak between those."""
    assert compile_pattern(source).examples(count, avoid=()) == expected


def test_finds_a_pair_among_many_shorter_ids() -> None:
    """The search goes through states, not through ids."""
    assert compile_pattern("[a-z]{8}|[0-9]{9}x?").examples(2) == ("000000000", "000000000x")


def test_finds_another_pair_if_an_id_is_avoided() -> None:
    """A listed id isn't an example, nor part of a pair."""
    pattern = compile_pattern("(a|bb)x?")
    assert pattern.examples(2, avoid={"a"}) == ("bb", "bbx")
    assert pattern.examples(2, avoid=["ax"]) == ("bb", "bbx")
    assert pattern.examples(4, avoid={"ax", "bb"}) == ("a", "bbx")


def test_skips_thousands_of_listed_ids() -> None:
    """They are skipped one by one."""
    pattern = compile_pattern("[a-z]{3}")
    listed = pattern.examples(17_000)
    assert len(listed) == 17_000
    rest = pattern.examples(1000, avoid=listed)
    assert len(rest) == 26**3 - 17_000
    assert not set(rest) & set(listed)


def test_examples_are_reproducible() -> None:
    """Reports can be compared."""
    source = "[a-z0-9-]{1,40}-[a-z]{5}"
    assert compile_pattern(source).examples(9) == compile_pattern(source).examples(9)

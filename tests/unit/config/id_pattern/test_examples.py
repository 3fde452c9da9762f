"""The ids that a pattern gives as examples."""

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
def test_examples_are_plain_and_a_pair_comes_first(source: str, count: int, expected: tuple[str, ...]) -> None:
    """Short ids of letters, and one that extends another: what unsafe prefixes leak between."""
    assert compile_pattern(source).examples(count, avoid=()) == expected


def test_finds_the_pair_behind_a_great_many_shorter_ids() -> None:
    """A pair is looked for by states, not id by id."""
    assert compile_pattern("[a-z]{8}|[0-9]{9}x?").examples(2) == ("000000000", "000000000x")


def test_finds_another_pair_when_one_is_avoided() -> None:
    """What is listed is no example, neither itself nor as half of a pair."""
    pattern = compile_pattern("(a|bb)x?")
    assert pattern.examples(2, avoid={"a"}) == ("bb", "bbx")
    assert pattern.examples(2, avoid=["ax"]) == ("bb", "bbx")
    assert pattern.examples(4, avoid={"ax", "bb"}) == ("a", "bbx")


def test_steps_over_thousands_of_listed_ids() -> None:
    """Ids that are listed already are passed by one after the other."""
    pattern = compile_pattern("[a-z]{3}")
    listed = pattern.examples(17_000)
    assert len(listed) == 17_000
    rest = pattern.examples(1000, avoid=listed)
    assert len(rest) == 26**3 - 17_000
    assert not set(rest) & set(listed)


def test_examples_are_the_same_each_time() -> None:
    """A report can be compared with the one before."""
    source = "[a-z0-9-]{1,40}-[a-z]{5}"
    assert compile_pattern(source).examples(9) == compile_pattern(source).examples(9)

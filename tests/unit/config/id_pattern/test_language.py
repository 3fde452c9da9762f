"""The ids that a pattern matches, and its syntax tree."""

import pytest

from temp_access.config.id_pattern import Chars, Choice, LiteralText, Node, Repeat, Sequence, compile_pattern

LOWER = Chars((("a", "z"),))
DIGIT = Chars((("0", "9"),))
TREES: list[tuple[str, Node]] = [
    ("bob", LiteralText("bob")),
    ("bob(by)", LiteralText("bobby")),
    ("[a-z]", LOWER),
    ("[a-mn-zc]", LOWER),
    ("[z-z]", Chars((("z", "z"),))),
    ("\\d{4}", Repeat(DIGIT, 4, 4)),
    ("\\d{04}", Repeat(DIGIT, 4, 4)),
    ("\\d{1}", DIGIT),
    ("[\\d]", DIGIT),
    ("\\w", Chars((("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")))),
    ("[\\w-]", Chars((("-", "-"), ("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")))),
    ("[-a]", Chars((("-", "-"), ("a", "a")))),
    ("[a-]", Chars((("-", "-"), ("a", "a")))),
    ("[a\\-c]", Chars((("-", "-"), ("a", "a"), ("c", "c")))),
    ("[+*.?$(){}|]", Chars((("$", "$"), ("(", "+"), (".", "."), ("?", "?"), ("{", "}")))),
    ("[a^]", Chars((("^", "^"), ("a", "a")))),
    ("[\\]\\^\\\\]", Chars((("\\", "^"),))),
    ("[à-ÿ]", Chars((("à", "ÿ"),))),
    ("a\\.b\\-c\\ d", LiteralText("a.b-c d")),
    ("bob(by)?", Sequence((LiteralText("bob"), Repeat(LiteralText("by"), 0, 1)))),
    ("ab?", Sequence((LiteralText("a"), Repeat(LiteralText("b"), 0, 1)))),
    ("a|bc|\\d", Choice((LiteralText("a"), LiteralText("bc"), DIGIT))),
    ("(?:a|b){2,3}", Repeat(Choice((LiteralText("a"), LiteralText("b"))), 2, 3)),
    ("([a-z]{1,2}){0,3}x", Sequence((Repeat(Repeat(LOWER, 1, 2), 0, 3), LiteralText("x")))),
]


@pytest.mark.parametrize(("source", "tree"), TREES, ids=[row[0] for row in TREES])
def test_parses_the_subset_into_a_tree(source: str, tree: Node) -> None:
    """Groups disappear, and ranges are joined and sorted."""
    pattern = compile_pattern(source)
    assert pattern.tree == tree
    assert pattern.source == source


@pytest.mark.parametrize(
    ("source", "admitted", "refused"),
    [
        (
            "[a-z]{2,8}-[0-9]{4}",
            ["ab-1234", "abcdefgh-0000"],
            ["a-1234", "abcdefghi-1234", "ab-123", "ab-12345"],
        ),
        ("bob", ["bob"], ["", "bo", "bobb", "xbob", "bob\n", "Bob"]),
        ("\\d", ["0", "9"], ["٣", "²", "a"]),
        ("\\w", ["_", "a", "Z", "0"], ["é", "-", "ª"]),
        ("a|bc", ["a", "bc"], ["abc", "ac", "b"]),
        ("(a|ab)(c|bcd)", ["ac", "abc", "abcd", "abbcd"], ["abcdd", "a"]),
        ("(a?){3}b", ["b", "ab", "aab", "aaab"], ["aaaab", ""]),
        ("(ab?){2,3}", ["aa", "aba", "ababab"], ["a", "abb", "aaaa"]),
    ],
)
def test_matches_the_whole_id_only(source: str, admitted: list[str], refused: list[str]) -> None:
    """A match of a part of the id, or of a line, isn't enough."""
    pattern = compile_pattern(source)
    assert [text for text in admitted if not pattern.matches(text)] == []
    assert [text for text in refused if pattern.matches(text)] == []


def test_a_pattern_is_immutable() -> None:
    """The reviewed pattern is the one in use."""
    pattern = compile_pattern("a")
    with pytest.raises(AttributeError):
        pattern.source = "b"  # type: ignore[misc]
    assert hash(pattern) == hash(compile_pattern("a"))


def test_measures_the_longest_id_in_characters_and_by_cost() -> None:
    """The id with the highest cost isn't always the longest."""
    pattern = compile_pattern("[a-z]{1,3}|é{2}")
    assert pattern.longest == 3
    assert pattern.longest_cost(lambda char: len(char.encode())) == 4
    assert pattern.longest_cost(lambda char: -1) == -1


def test_admits_ids_up_to_the_limit() -> None:
    """255 characters and 32 groups are still accepted."""
    assert compile_pattern("a{255}").matches("a" * 255)
    assert compile_pattern("(" * 32 + "a" + ")" * 32).matches("a")

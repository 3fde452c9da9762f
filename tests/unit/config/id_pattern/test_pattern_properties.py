"""The id pattern against Python's regular expressions, which share none of its code."""

import itertools
import re

from hypothesis import assume, given
from hypothesis import strategies as st

from temp_access.config.id_pattern import (
    Chars,
    Choice,
    IdPattern,
    LiteralText,
    Node,
    PatternError,
    Repeat,
    Sequence,
    compile_pattern,
)
from tests.unit.support.examples import examples

ALPHABET = "ab-é"
ATOMS = st.sampled_from(
    ["a", "b", "é", "\\-", "-", "ab", "[ab]", "[a-b-]", "[-é]", "[b]", "\\w", "\\d", "[\\w-]", "[à-ÿ]", "\\."]
)
REPETITIONS = st.sampled_from(["?", "{0,1}", "{1}", "{2}", "{0,2}", "{1,2}", "{1,3}", "{2,3}", "{3}"])


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return patterns one level larger."""
    some = st.lists(inner, min_size=1, max_size=3)
    opening = st.sampled_from(["(", "(?:"])
    return st.one_of(
        some.map("".join),
        st.tuples(opening, some.map("|".join)).map(lambda pair: f"{pair[0]}{pair[1]})"),
        st.tuples(opening, inner, REPETITIONS).map(lambda parts: f"{parts[0]}{parts[1]}){parts[2]}"),
    )


SOURCES = st.recursive(ATOMS, compound, max_leaves=6)
TEXTS = st.text(ALPHABET + "0_.zß", max_size=9)


def compiled(source: str) -> IdPattern:
    """Return the pattern, or skip it when it admits the empty id or is too large."""
    try:
        return compile_pattern(source)
    except PatternError as error:
        reason = error.reason
    assume("empty id" not in reason and "up to here" not in reason)
    raise AssertionError(reason)


def admitted_by_re(source: str, text: str) -> bool:
    """Return what Python's backtracking matcher says."""
    return re.fullmatch(source, text, re.ASCII) is not None


@st.composite
def derived(draw: st.DrawFn, node: Node) -> str:
    """Return a text that the tree admits, by its own choices."""
    match node:
        case LiteralText(text):
            return text
        case Chars():
            return draw(st.sampled_from(sorted(node)))
        case Sequence(parts):
            return "".join(draw(derived(part)) for part in parts)
        case Choice(options):
            return draw(derived(draw(st.sampled_from(options))))
        case Repeat(part, least, most):
            return "".join(draw(derived(part)) for _ in range(draw(st.integers(least, most))))


def language(source: str, alphabet: str, length: int) -> set[str]:
    """Return every text over the alphabet, up to a length, that Python admits."""
    texts = ("".join(chars) for n in range(length + 1) for chars in itertools.product(alphabet, repeat=n))
    return {text for text in texts if admitted_by_re(source, text)}


def small(source: str) -> tuple[IdPattern, set[str]]:
    """Return a pattern over three characters and all that it admits."""
    pattern = compiled(re.sub(r"\\w|\\d|\[\\w-\]|\[à-ÿ\]|\\\.", "[ab]", source).replace("é", "b"))
    assume(pattern.longest <= 7)
    return pattern, language(pattern.source, "ab-", pattern.longest + 1)


@examples(300)
@given(SOURCES, st.lists(TEXTS, min_size=5, max_size=20))
def test_matches_as_python_does(source: str, texts: list[str]) -> None:
    """The strings are random, and most of them don't match."""
    pattern = compiled(source)
    for text in texts:
        assert pattern.matches(text) == admitted_by_re(source, text), (source, text)


@examples(300)
@given(st.data(), SOURCES)
def test_matches_strings_derived_from_the_tree(data: st.DataObject, source: str) -> None:
    """Derived strings are tested, also with one character removed, doubled or changed."""
    pattern = compiled(source)
    text = data.draw(derived(pattern.tree))
    assert pattern.matches(text)
    assert len(text) <= pattern.longest
    at = data.draw(st.integers(0, len(text)))
    for near in (
        text[:at] + text[at + 1 :],
        text[:at] + text[at : at + 1] * 2 + text[at + 1 :],
        text[:at] + "-",
    ):
        assert pattern.matches(near) == admitted_by_re(source, near), (source, near)


@examples(200)
@given(SOURCES, st.dictionaries(st.sampled_from("ab-"), st.integers(-3, 9), min_size=3))
def test_the_longest_and_most_expensive_ids_agree_with_brute_force(source: str, costs: dict[str, int]) -> None:
    """All admitted ids of a small language are compared."""
    pattern, texts = small(source)
    assert pattern.longest == max(map(len, texts))
    assert pattern.longest_cost(costs.__getitem__) == max(sum(map(costs.__getitem__, text)) for text in texts)


@examples(200)
@given(st.data(), SOURCES, st.integers(0, 12))
def test_examples_are_admitted_distinct_and_not_avoided(data: st.DataObject, source: str, count: int) -> None:
    """There are `count` of them, or all; they begin with a pair if one exists."""
    pattern, texts = small(source)
    avoid = data.draw(st.sets(st.sampled_from(sorted(texts))))
    found = pattern.examples(count, avoid)
    free = texts - avoid
    assert len(found) == min(count, len(free))
    assert len(set(found)) == len(found)
    assert set(found) <= free
    if count > 1 and any(long != short and long.startswith(short) for long in free for short in free):
        assert found[1] != found[0]
        assert found[1].startswith(found[0])


@examples(300)
@given(st.text("ab-é[](){}|?*+.^$\\,:=!<Pwd19/ ", max_size=12))
def test_any_pattern_is_refused_with_a_position_or_read_as_python_does(source: str) -> None:
    """There is no other error, and no accepted pattern has another meaning in Python."""
    try:
        pattern = compile_pattern(source)
    except PatternError as error:
        position = error.position
        pattern = None
    if pattern is None:
        assert 1 <= position <= max(len(source), 1)
        return
    for example in pattern.examples(5):
        assert admitted_by_re(source, example), (source, example)
    for text in ("a", "b", "-", "ab", "aa", "1", "}", "a}", "]", " "):
        assert pattern.matches(text) == admitted_by_re(source, text), (source, text)

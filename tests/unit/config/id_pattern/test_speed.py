"""Neither a pattern nor a hostile id takes long; the limits are tens of times the usual time."""

import time
from collections.abc import Callable

import pytest

from temp_access.config.id_pattern import compile_pattern

HOST = "([a-z]{1,63}\\.){0,3}[a-z]{1,63}"
# Each of these takes a backtracking matcher exponential time.
NESTED = ["((a?){15}){16}b", "((a|a){1,6}){1,40}b", "(a{1,15}){1,16}b", "(a?){100}a{100}b"]


def best_ms(work: Callable[[], object], rounds: int = 5) -> float:
    """Return the shortest of a few runs, in milliseconds: what else the machine does only adds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return min(times)


def test_compiles_in_milliseconds() -> None:
    """Repetitions are counted, not unrolled."""
    assert best_ms(lambda: compile_pattern(HOST)) < 20


@pytest.mark.parametrize("text", ["a" * 255, ".".join("abcd"[i] * 63 for i in range(4)), "a." * 127 + "a"])
def test_matches_the_longest_id_in_no_time(text: str) -> None:
    """This holds for admitted and other ids."""
    pattern = compile_pattern(HOST)
    assert best_ms(lambda: pattern.matches(text)) < 15


@pytest.mark.parametrize("source", NESTED)
def test_nested_repetition_does_not_backtrack(source: str) -> None:
    """A long run that fails at its end takes no longer than one that matches."""
    pattern = compile_pattern(source)
    text = "a" * (pattern.longest - 1)
    assert pattern.matches(text + "b")
    assert not pattern.matches(text + "c")
    assert best_ms(lambda: pattern.matches(text + "c")) < 100


@pytest.mark.parametrize("char", ["a", "é", "\ud800", "😀", "\x00"])
def test_a_huge_id_is_refused_by_its_length(char: str) -> None:
    """Ten million characters take as long as 256."""
    pattern = compile_pattern(HOST)
    text = char * 10_000_000
    assert not pattern.matches(text)
    assert best_ms(lambda: pattern.matches(text)) < 1


def test_refuses_a_huge_pattern_while_parsing() -> None:
    """The error doesn't wait for the whole tree."""
    for source in ("(" * 100_000, "a|" * 100_000, "a{" + "9" * 100_000 + "}", "(((a?){9}){9}){9}b|" * 1000):
        with pytest.raises(ValueError, match="at character"):
            compile_pattern(source)


def test_gives_examples_of_a_pattern_with_exponentially_many_states() -> None:
    """The search for a pair is bounded."""
    pattern = compile_pattern("[ab]{0,100}a[ab]{100}")
    assert len(pattern.examples(5)) == 5
    assert best_ms(lambda: pattern.examples(5), rounds=2) < 3000

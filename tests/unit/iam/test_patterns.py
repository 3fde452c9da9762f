"""Wildcards and policy variables, checked against a second matcher that shares no code with the first."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from temp_access.iam.patterns import WildcardScope, compile_patterns
from temp_access.iam.request import Request
from tests.unit.support.examples import examples

NOBODY = Request("*", "s3:GetObject", "*", "", "111122223333", context={"x:one": "1*", "x:many": ["1", "2"]})
steady = settings(deadline=None)


def matches(pattern: str, value: str, style: WildcardScope = WildcardScope.TEXT, *, variables: bool = True) -> bool:
    return compile_patterns([pattern], variables=variables, scope=style).matches(value, NOBODY)


def naive(pattern: str, value: str) -> bool:
    """Match a glob by its definition, one character at a time."""
    reached = {0}
    for symbol in pattern:
        if symbol == "*":
            reached = {end for start in reached for end in range(start, len(value) + 1)}
        else:
            fits = {start for start in reached if start < len(value) and symbol in ("?", value[start])}
            reached = {start + 1 for start in fits}
    return len(value) in reached


def escaped(text: str) -> str:
    return "".join(f"${{{symbol}}}" if symbol in "*?$" else symbol for symbol in text)


SYMBOLS = st.text(alphabet="ab/:*?.\n[", max_size=8)


@steady
@given(pattern=SYMBOLS, value=st.text(alphabet="ab/:.\n[*", max_size=8))
@example(pattern="*a*a*", value="aba")
@example(pattern="a*", value="a")
@example(pattern="a*b", value="a\nb")
@example(pattern="a?b", value="a\nb")
@example(pattern="?a?*?b", value="xaybb")
def test_wildcards_match_as_defined(pattern: str, value: str) -> None:
    """`*` matches any string, `?` one character, other characters themselves; also across `/` and line ends."""
    assert naive(pattern, value) == matches(pattern, value)


@steady
@given(text=st.text(alphabet="ab/*?$${}:.", max_size=10), value=st.text(alphabet="ab/*?$${}:.", max_size=10))
def test_an_escaped_string_matches_only_itself(text: str, value: str) -> None:
    """`${*}`, `${?}` and `${$}` are the literal characters."""
    assert matches(escaped(text), text)
    assert (value == text) == matches(escaped(text), value)


@steady
@given(text=st.text(alphabet="ab*?$", min_size=1, max_size=6), value=st.text(alphabet="ab/*?$", max_size=9))
def test_an_escaped_folder_reaches_only_its_own_keys(text: str, value: str) -> None:
    """An escaped id followed by `/*` matches exactly the keys that begin with the id and a slash."""
    assert value.startswith(f"{text}/") == matches(f"{escaped(text)}/*", value, WildcardScope.RESOURCE)


@steady
@given(pattern=st.text(alphabet="ab*?${}:'x, ", max_size=12), value=st.text(alphabet="ab${}:'x,*", max_size=8))
@example(pattern="${x:one}", value="1*")
@example(pattern="${x:one}", value="${x:one}")
@example(pattern="a${*}b", value="a${zz}b")
def test_version_2008_has_no_variables(pattern: str, value: str) -> None:
    """Without variables, `${…}` is literal text, and the wildcards in it are wildcards."""
    assert naive(pattern, value) == matches(pattern, value, variables=False)


@steady
@given(patterns=st.lists(SYMBOLS, max_size=4), value=st.text(alphabet="ab/:.", max_size=6))
def test_several_patterns_are_alternatives(patterns: list[str], value: str) -> None:
    """A set matches what at least one of its patterns matches, whatever their compiled form."""
    matched = compile_patterns(patterns, variables=False).matches(value, NOBODY)

    assert any(naive(pattern, value) for pattern in patterns) == matched


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("${x:one}", "1*", True),
        ("${x:one}", "12", False),
        ("${X:ONE}/*", "1*/a", True),
        ("${ x:one , 'y' }", "1*", True),
        ("${x:two, 'y'}?", "yz", True),
        ("${x:two, '*'}", "y", False),
        ("${x:two}", "", False),
        ("${x:many}", "1", False),
        ("${x:many, 'y'}", "y", True),
        ("$a", "$a", True),
        ("${$}{x:one}", "${x:one}", True),
        ("a${x:one}b*c", "a1*b/c", True),
    ],
)
def test_variables_have_the_request_s_value_as_literal_text(pattern: str, value: str, expected: bool) -> None:
    """A value is literal; without one the default applies; without either, or for several values, nothing matches."""
    assert expected == matches(pattern, value)


@pytest.mark.parametrize("pattern", ["${", "${}", "${x:one", "${x:two, 'it''s'}", "${x:two, y}"])
def test_refuses_an_invalid_variable(pattern: str) -> None:
    """An invalid variable is an error, not literal text."""
    with pytest.raises(ValueError, match="bad policy variable"):
        matches(pattern, "")


@pytest.mark.parametrize(
    ("pattern", "value", "resource", "arn"),
    [
        ("arn:aws:sqs:us-*-1:1:q", "arn:aws:sqs:us-east-1:1:q", True, True),
        ("arn:aws:sqs:us-*1:1:q", "arn:aws:sqs:us-x:y-1:1:q", False, False),
        ("arn:aws:sqs:*:1:q", "arn:aws:sqs:us-east-1:2:1:q", True, False),
        ("arn:aws:sqs:us-?:1:q", "arn:aws:sqs:us-::1:q", False, False),
        ("arn:aws:s3:::b/*/c:?", "arn:aws:s3:::b/x:y/z/c:d", True, True),
        ("arn:aws:sqs*", "arn:aws:sqs:us-east-1:1:q", True, False),
        ("*", "arn:aws:s3:::b/x:y", True, True),
    ],
)
def test_wildcards_stop_at_the_colons_of_an_arn(pattern: str, value: str, resource: bool, arn: bool) -> None:
    """In an ARN's first five parts, only a `*` that ends a part of a Resource matches colons; in ArnLike none does."""
    assert resource == matches(pattern, value, WildcardScope.RESOURCE)
    assert arn == matches(pattern, value, WildcardScope.ARN)


@pytest.mark.parametrize("value", ["arn:aws:sqs:us-east-1:1:q", "arn:aws:sqs:us-east-1:1:q:r"])
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("arn:aws:sqs", True),
        ("arn:aws:sqs:*", True),
        ("arn:aws:sqs:us-east-1", True),
        ("arn:aws:sqs:*:1", True),
        ("arn:aws:sqs:*:2", False),
        ("arn:aws:sq", False),
        ("arn:aws:s3:::", False),
    ],
)
def test_missing_parts_of_a_resource_match_anything(pattern: str, value: str, expected: bool) -> None:
    """AWS completes an ARN: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""
    assert expected == matches(pattern, value, WildcardScope.RESOURCE)


@pytest.mark.parametrize("style", WildcardScope)
@pytest.mark.parametrize("head", ["", "arn:aws:s3:*:1:", "arn:aws:s3:u*x:1:", "arn:aws:s3:*:1*:"])
def test_many_stars_do_not_take_forever(style: WildcardScope, head: str) -> None:
    """A hostile pattern takes no exponential time, whatever the scope of its wildcards."""
    start = time.perf_counter()

    assert not matches(f"{head}{'*a' * 30}*b", f"{head.replace('*', '-')}{'a' * 3000}", style)
    assert time.perf_counter() - start < 2


def reaches(pattern: str, value: str, style: WildcardScope) -> bool:
    """Match a glob whose wildcards match no colon in an ARN, except a `*` that ends a part of a Resource."""
    reached, colons = {0}, 0
    for position, symbol in enumerate(pattern):
        runs_on = style is WildcardScope.RESOURCE and pattern[position + 1 : position + 2] in ("", ":")
        stops = "" if colons >= 5 or (symbol == "*" and runs_on) else ":"
        colons += symbol == ":"
        if symbol == "*":
            for start in sorted(reached):
                end = start
                while end < len(value) and value[end] != stops:
                    end += 1
                    reached.add(end)
        else:
            fits = {i for i in reached if i < len(value) and symbol in ("?", value[i])}
            reached = {i + 1 for i in fits if symbol != "?" or value[i] != stops}
    return len(value) in reached


PARTS = st.lists(st.text(alphabet="ab*?", max_size=4), min_size=6, max_size=8).map(":".join)


@examples(1000)
@given(pattern=PARTS, value=st.lists(st.text(alphabet="ab", max_size=3), min_size=4, max_size=9).map(":".join))
@example(pattern="*:a*b:::::", value="x:ac:ab:::::")
@example(pattern="*a*b:*:a*:*:*:*", value="aab::ab::b:b")
def test_wildcards_stop_as_defined(pattern: str, value: str) -> None:
    """A `*` matches as far as the rest of the pattern needs, not only to the first fit."""
    assert reaches(pattern, value, WildcardScope.RESOURCE) == matches(pattern, value, WildcardScope.RESOURCE)
    assert reaches(pattern, value, WildcardScope.ARN) == matches(pattern, value, WildcardScope.ARN)

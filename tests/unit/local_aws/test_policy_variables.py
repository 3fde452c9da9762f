"""Policy variables and literal wildcards, by themselves."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.local_aws.rules.policy_variables import UNMATCHABLE, compiled, resolve, resolve_conditions, unresolved

VALUES = {"aws:username": "bob", "aws:PrincipalTag/folder": "a*b?c"}


def matches(pattern: str, value: str) -> bool:
    """Return whether the resolved pattern matches."""
    return compiled(resolve(pattern, VALUES.get, pattern=True), False).match(value) is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bucket/${aws:username}/x", "bucket/bob/x"),
        ("${aws:username}${aws:username}", "bobbob"),
        ("${aws:missing, 'nobody'}", "nobody"),
        ("${aws:username, 'nobody'}", "bob"),
        ("${aws:missing,''}", ""),
        ("${$}{aws:username}", "${aws:username}"),
        ("${*}${?}", "*?"),
        ("$aws:username {x}", "$aws:username {x}"),
        pytest.param("${aws:missing}", UNMATCHABLE, id="missing"),
        pytest.param("x${aws:username}${aws:missing}", UNMATCHABLE, id="partly missing"),
    ],
)
def test_resolves_variables_as_plain_text(text: str, expected: str) -> None:
    """Outside of patterns a variable is replaced by its value, its default, or nothing at all matches."""
    assert resolve(text, VALUES.get, pattern=False) == expected


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("f${*}", "f*", True),
        ("f${*}", "foo", False),
        ("f${?}", "f?", True),
        ("f${?}", "fo", False),
        ("${aws:PrincipalTag/folder}", "a*b?c", True),
        ("${aws:PrincipalTag/folder}", "axxbxc", False),
        ("${aws:PrincipalTag/folder}/*", "a*b?c/x\ny", True),
        ("*", "", True),
        ("a?c", "a/c", True),
        ("a?c", "ac", False),
        ("abc", "abc\n", False),
        ("${aws:missing}*", "", False),
        pytest.param("${aws:missing}", UNMATCHABLE, False, id="missing"),
    ],
)
def test_wildcards_of_a_value_are_literal(pattern: str, value: str, expected: bool) -> None:
    """Only the wildcards that the policy itself writes are wildcards."""
    assert matches(pattern, value) is expected


@given(st.text(alphabet=st.characters(exclude_characters="$", max_codepoint=255), max_size=20))
def test_an_escaped_text_matches_itself_and_only_itself(text: str) -> None:
    """Escaping every wildcard leaves a pattern that equals its own text."""
    escaped = re.sub(r"[*?]", lambda found: f"${{{found.group()}}}", text)
    assert matches(escaped, text)
    assert not matches(escaped, text + "x")
    assert not matches(escaped, "x" + text)


def test_a_pattern_without_case_matches_any_case() -> None:
    """Actions are compared without regard to case, resources with it."""
    assert compiled("s3:Get*", True).match("S3:getobject")
    assert not compiled("arn:aws:s3:::Bucket", False).match("arn:aws:s3:::bucket")


def test_only_strings_and_arns_take_variables() -> None:
    """Numeric, date, address and flag conditions stay as they are written."""
    conditions = {
        "ForAnyValue:StringLike": {"k": ["${aws:username}*", "${*}"]},
        "StringEqualsIfExists": {"k": "${aws:username}${*}"},
        "ArnEquals": {"k": "arn:${*}"},
        "NumericEquals": {"k": "${aws:username}"},
        "Bool": {"k": True},
    }
    resolved = resolve_conditions(conditions, VALUES.get)
    assert resolved["ForAnyValue:StringLike"]["k"][0] == "bob*"
    assert resolved["ForAnyValue:StringLike"]["k"][1] != "*"
    assert resolved["StringEqualsIfExists"] == {"k": "bob*"}
    assert resolved["ArnEquals"]["k"] != "arn:*"
    assert resolved["NumericEquals"] == {"k": "${aws:username}"}
    assert resolved["Bool"] == {"k": True}
    assert not unresolved(resolved)
    assert unresolved(resolve_conditions({"StringLike": {"k": ["a", "${aws:missing}"]}}, VALUES.get))

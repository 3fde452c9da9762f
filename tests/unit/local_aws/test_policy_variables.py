"""Policy variables and literal wildcards: how they are resolved and what they match."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.local_aws.rules.policy_variables import (
    UNMATCHABLE,
    compile_pattern,
    has_unmatchable,
    resolve,
    resolve_conditions,
)

VALUES = {"aws:username": "bob", "aws:PrincipalTag/folder": "a*b?c"}


def matches(pattern: str, value: str) -> bool:
    """Return whether the resolved pattern matches."""
    return compile_pattern(resolve(pattern, VALUES.get, pattern=True), False).match(value) is not None


@pytest.mark.parametrize(
    ("template", "expected"),
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
def test_variables_resolve_to_their_value_or_default(template: str, expected: str) -> None:
    """A variable without a value or a default makes the whole string match nothing."""
    assert resolve(template, VALUES.get, pattern=False) == expected


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
def test_wildcards_in_a_variables_value_are_literal(pattern: str, value: str, expected: bool) -> None:
    """Only the wildcards in the policy's own text match other characters."""
    assert matches(pattern, value) is expected


@given(st.text(alphabet=st.characters(exclude_characters="$", max_codepoint=255), max_size=20))
def test_an_escaped_string_matches_only_itself(string: str) -> None:
    """A pattern with every wildcard escaped matches the string and no longer one."""
    escaped = re.sub(r"[*?]", lambda match: f"${{{match.group()}}}", string)
    assert matches(escaped, string)
    assert not matches(escaped, string + "x")
    assert not matches(escaped, "x" + string)


def test_actions_match_in_any_case_and_resources_only_in_their_own() -> None:
    """The evaluator matches actions with `ignore_case`, and resources without."""
    assert compile_pattern("s3:Get*", True).match("S3:getobject")
    assert not compile_pattern("arn:aws:s3:::Bucket", False).match("arn:aws:s3:::bucket")


def test_only_string_and_arn_operators_take_variables() -> None:
    """The values of numeric, date, address and Bool operators stay unchanged."""
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
    assert not has_unmatchable(resolved)
    assert has_unmatchable(resolve_conditions({"StringLike": {"k": ["a", "${aws:missing}"]}}, VALUES.get))

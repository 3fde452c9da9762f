"""Every condition operator, with present, absent and multivalued keys."""

from typing import Any

import pytest

from temp_access.iam.conditions import compile_condition
from temp_access.iam.request import Request

USER = "arn:aws:iam::111122223333:user/division/bob"


def request(key: str, value: Any) -> Request:
    return Request(USER, "s3:GetObject", "*", "111122223333", "111122223333", context={key: value})


def holds(operator: str, policy_value: str | list[str], value: Any, *, version: str = "2012-10-17") -> bool:
    values = tuple([policy_value] if isinstance(policy_value, str) else policy_value)
    condition = compile_condition(operator, "x:Key", values, variables=version == "2012-10-17")
    return condition.holds(request("X:key", value))


ARN = "arn:aws:sns:eu-west-1:111122223333:store/a:b"
MATCHES: list[tuple[str, str | list[str], Any, Any]] = [
    ("StringEquals", "bob", "bob", "Bob"),
    ("StringEquals", "b*", "b*", "bob"),
    ("StringEqualsIgnoreCase", "Bob", "bOB", "bobby"),
    ("StringLike", "b?b/*", "bob/x/y", "bobb/x"),
    ("StringLike", "bob/*", "bob/", "Bob/"),
    ("StringLike", "${aws:username}/*", "bob/x", "alice/x"),
    ("StringEqualsIgnoreCase", "${aws:username}X", "BOBx", "bob"),
    ("StringEquals", ["a", "b"], "b", "c"),
    ("NumericEquals", "10", "10.0", "11"),
    ("NumericLessThan", "10", "9", "10"),
    ("NumericLessThanEquals", "10", 10, "10.5"),
    ("NumericGreaterThan", "10", "10.5", "10"),
    ("NumericGreaterThanEquals", "-1", "-1", "-2"),
    ("NumericEquals", "10", "10", "ten"),
    ("DateEquals", "2030-01-01T00:00:00Z", "1893456000", "2030-01-01T00:00:01Z"),
    ("DateEquals", "2030", "2030-01-01", "2031"),
    ("DateLessThan", "2030-01-01T01:00:00+01:00", "2029-12-31T23:59:59Z", "2030-01-01T00:00:00Z"),
    ("DateLessThanEquals", "2030-02", "2030-02-01T00:00:00Z", "2030-02-01T00:00:00.5Z"),
    ("DateGreaterThan", "2030-01-01", "2030-01-01T00:00:01Z", "2030-01-01T00:00:00Z"),
    ("DateGreaterThanEquals", "1893456000", "2030-01-01", "2029-12-31"),
    ("Bool", "true", True, False),
    ("Bool", "False", "false", "true"),
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", "QmluYXJ4"),
    ("IpAddress", "203.0.113.0/24", "203.0.113.7", "203.0.114.7"),
    ("IpAddress", "203.0.113.7", "203.0.113.7", "203.0.113.8"),
    ("IpAddress", ["10.0.0.0/8", "2001:DB8::/32"], "2001:db8::1", "2001:db9::1"),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3", "nowhere"),
    ("ArnEquals", "arn:aws:sns:*:111122223333:store/*", ARN, "arn:aws:sqs:x:111122223333:store/a"),
    ("ArnLike", "arn:aws:sns:eu-west-?:*:store/a:b", ARN, "arn:aws:sns:eu-west-10:1:store/a:b"),
    ("ArnLike", "arn:aws:sns:*:store/a:b", "arn:aws:sns:x:store/a:b", ARN),
]
NEGATED = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
}


@pytest.mark.parametrize(("operator", "policy_value", "match", "other"), MATCHES)
def test_an_operator_holds_for_a_match_only(
    operator: str, policy_value: str | list[str], match: Any, other: Any
) -> None:
    """Each operator holds for one value and not for the other; its name isn't case-sensitive."""
    assert holds(operator, policy_value, match)
    assert holds(operator.upper(), policy_value, match)
    assert not holds(operator, policy_value, other)


@pytest.mark.parametrize(("operator", "policy_value", "match", "other"), [c for c in MATCHES if c[0] in NEGATED])
def test_negated_operator_is_the_opposite(operator: str, policy_value: str | list[str], match: Any, other: Any) -> None:
    """A negated operator holds exactly where its positive one doesn't."""
    assert not holds(NEGATED[operator], policy_value, match)
    assert holds(NEGATED[operator], policy_value, other)


@pytest.mark.parametrize("operator", sorted({case[0] for case in MATCHES}))
def test_an_absent_key_does_not_match_unless_if_exists(operator: str) -> None:
    """Without the key, an operator is false, a negated one true, and IfExists true."""
    policy_value = next(case[1] for case in MATCHES if case[0] == operator)

    absents: list[Any] = [None, []]
    for absent in absents:
        assert not holds(operator, policy_value, absent)
        assert holds(f"{operator}IfExists", policy_value, absent)
        if operator in NEGATED:
            assert holds(NEGATED[operator], policy_value, absent)
            assert holds(f"{NEGATED[operator]}IfExists", policy_value, absent)


@pytest.mark.parametrize(("operator", "policy_value", "match", "other"), MATCHES)
def test_if_exists_tests_a_present_key(operator: str, policy_value: str | list[str], match: Any, other: Any) -> None:
    """IfExists changes nothing for a present key."""
    assert holds(f"{operator}IfExists", policy_value, match)
    assert not holds(f"{operator}IfExists", policy_value, other)


SETS = [
    ("ForAllValues:StringEquals", ["a"], True),
    ("ForAllValues:StringEquals", ["a", "c"], False),
    ("ForAllValues:StringEquals", "a", True),
    ("ForAllValues:StringEquals", None, True),
    ("ForAllValues:StringEquals", "", True),
    ("ForAnyValue:StringEquals", ["c", "b"], True),
    ("ForAnyValue:StringEquals", ["c"], False),
    ("ForAnyValue:StringEquals", None, False),
    ("ForAnyValue:StringEquals", "", False),
    ("ForAnyValue:StringEqualsIfExists", None, True),
    ("ForAllValues:StringNotEquals", ["c", "d"], True),
    ("ForAllValues:StringNotEquals", ["c", "a"], False),
    ("ForAllValues:StringNotEquals", None, True),
    ("ForAnyValue:StringNotEquals", ["c", "a"], True),
    ("ForAnyValue:StringNotEquals", ["a", "b"], False),
    ("ForAnyValue:StringNotEquals", None, False),
    ("foranyvalue:stringlike", ["x", "b"], True),
    ("StringEquals", ["c", "b"], True),
    ("StringNotEquals", ["c", "b"], False),
]


@pytest.mark.parametrize(("operator", "value", "expected"), SETS)
def test_set_operators_apply_to_the_values_of_the_request(operator: str, value: Any, expected: bool) -> None:
    """ForAllValues requires every value of the request to match, ForAnyValue one; the policy lists a and b."""
    assert expected == holds(operator, ["a", "b"], value)


@pytest.mark.parametrize(
    ("policy_value", "value", "expected"),
    [("true", None, True), ("true", "x", False), ("false", None, False), ("false", "", True)],
)
def test_null_tests_whether_the_key_is_absent(policy_value: str, value: Any, expected: bool) -> None:
    """Null "true" requires an absent key; a key with an empty string is present."""
    assert expected == holds("Null", policy_value, value)


@pytest.mark.parametrize("operator", ["StringEquals", "StringLike", "ArnLike"])
def test_a_variable_without_a_value_matches_nothing(operator: str) -> None:
    """A variable with no value matches nothing, so that the negated operator holds."""
    assert not holds(operator, "${aws:PrincipalTag/team}", "x")
    assert holds(NEGATED[operator], "${aws:PrincipalTag/team}", "x")
    assert holds(operator, "${aws:PrincipalTag/team, 'x'}", "x")


def test_a_variable_is_literal_text_in_version_2008() -> None:
    """Version 2008-10-17 has no policy variables."""
    assert holds("StringEquals", "${aws:username}", "${aws:username}", version="2008-10-17")
    assert not holds("StringEquals", "${aws:username}", "bob", version="2008-10-17")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("AWS:Username", "bob"),
        ("aws:PrincipalArn", USER),
        ("aws:PrincipalType", "User"),
        ("aws:PrincipalAccount", "111122223333"),
        ("aws:ResourceAccount", "111122223333"),
        ("aws:principaltag/TEAM", "red"),
    ],
)
def test_keys_that_follow_from_the_principal_are_present(key: str, value: str) -> None:
    """The context needn't contain them; tag keys aren't case-sensitive either."""
    caller = Request(USER, "a:b", "*", "111122223333", "111122223333", principal_tags={"Team": "red"})

    assert value == caller.value(key)


def test_the_context_overrides_keys_that_follow_from_the_principal() -> None:
    """A key in the context has the value given there."""
    assert request("aws:username", "alice").value("aws:username") == "alice"


def test_a_session_s_principal_arn_is_the_role() -> None:
    """aws:PrincipalArn of a session is the role's ARN, built from the session's ARN if necessary."""
    session = "arn:aws:sts::111122223333:assumed-role/temp-role/bob"
    caller = Request(session, "a:b", "*", "111122223333", "111122223333")

    assert caller.value("aws:PrincipalArn") == "arn:aws:iam::111122223333:role/temp-role"
    assert caller.value("aws:username") is None

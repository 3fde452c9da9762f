"""Every condition operator, with present, absent and multivalued keys."""

from typing import Any

import pytest

from temp_access.iam.conditions import compile_condition
from temp_access.iam.request import Request

USER = "arn:aws:iam::111122223333:user/division/bob"


def request(key: str, value: Any) -> Request:
    return Request(USER, "s3:GetObject", "*", "111122223333", "111122223333", context={key: value})


def holds(operator: str, wanted: str | list[str], value: Any, *, version: str = "2012-10-17") -> bool:
    values = tuple([wanted] if isinstance(wanted, str) else wanted)
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


@pytest.mark.parametrize(("operator", "wanted", "match", "other"), MATCHES)
def test_operator_tells_a_match_from_another_value(
    operator: str, wanted: str | list[str], match: Any, other: Any
) -> None:
    """Each operator holds for one value and not for the other; in any case of its name."""
    assert holds(operator, wanted, match)
    assert holds(operator.upper(), wanted, match)
    assert not holds(operator, wanted, other)


@pytest.mark.parametrize(("operator", "wanted", "match", "other"), [c for c in MATCHES if c[0] in NEGATED])
def test_negated_operator_is_the_opposite(operator: str, wanted: str | list[str], match: Any, other: Any) -> None:
    """A negated operator holds exactly where its positive one doesn't."""
    assert not holds(NEGATED[operator], wanted, match)
    assert holds(NEGATED[operator], wanted, other)


@pytest.mark.parametrize("operator", sorted({case[0] for case in MATCHES}))
def test_an_absent_key_does_not_match_unless_if_exists(operator: str) -> None:
    """Without the key, an operator is false, a negated one true, and IfExists true."""
    wanted = next(case[1] for case in MATCHES if case[0] == operator)

    absents: list[Any] = [None, []]
    for absent in absents:
        assert not holds(operator, wanted, absent)
        assert holds(f"{operator}IfExists", wanted, absent)
        if operator in NEGATED:
            assert holds(NEGATED[operator], wanted, absent)
            assert holds(f"{NEGATED[operator]}IfExists", wanted, absent)


@pytest.mark.parametrize(("operator", "wanted", "match", "other"), MATCHES)
def test_if_exists_still_tests_a_present_key(operator: str, wanted: str | list[str], match: Any, other: Any) -> None:
    """IfExists changes nothing for a key that is there."""
    assert holds(f"{operator}IfExists", wanted, match)
    assert not holds(f"{operator}IfExists", wanted, other)


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
def test_set_operators_quantify_over_the_request_s_values(operator: str, value: Any, expected: bool) -> None:
    """ForAllValues wants every value of the request to match, ForAnyValue one; the policy lists a and b."""
    assert expected == holds(operator, ["a", "b"], value)


@pytest.mark.parametrize(
    ("wanted", "value", "expected"),
    [("true", None, True), ("true", "x", False), ("false", None, False), ("false", "", True)],
)
def test_null_asks_whether_the_key_is_absent(wanted: str, value: Any, expected: bool) -> None:
    """Null "true" wants no key; an empty string is a key."""
    assert expected == holds("Null", wanted, value)


@pytest.mark.parametrize("operator", ["StringEquals", "StringLike", "ArnLike"])
def test_a_variable_without_a_value_equals_nothing(operator: str) -> None:
    """A variable with no value matches nothing, so that the negated operator holds."""
    assert not holds(operator, "${aws:PrincipalTag/team}", "x")
    assert holds(NEGATED[operator], "${aws:PrincipalTag/team}", "x")
    assert holds(operator, "${aws:PrincipalTag/team, 'x'}", "x")


def test_a_variable_is_text_in_version_2008() -> None:
    """Version 2008-10-17 knows no variables."""
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
    """Who calls needn't be repeated in the context; tag keys ignore case as well."""
    caller = Request(USER, "a:b", "*", "111122223333", "111122223333", principal_tags={"Team": "red"})

    assert value == caller.value(key)


def test_the_context_beats_what_follows_from_the_principal() -> None:
    """A key given in the context is taken as given."""
    assert request("aws:username", "alice").value("aws:username") == "alice"


def test_a_session_s_principal_arn_is_the_role() -> None:
    """aws:PrincipalArn of a session is the ARN of the role, built from the session's if need be."""
    session = "arn:aws:sts::111122223333:assumed-role/temp-role/bob"
    caller = Request(session, "a:b", "*", "111122223333", "111122223333")

    assert caller.value("aws:PrincipalArn") == "arn:aws:iam::111122223333:role/temp-role"
    assert caller.value("aws:username") is None

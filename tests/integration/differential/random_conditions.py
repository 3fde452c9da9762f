"""Random conditions: an operator with a key and values of its type."""

from typing import Any

from tests.integration.differential.names import ACCOUNT, OTHER_ACCOUNT, Names
from tests.integration.differential.random_choice import RandomChoice

Condition = tuple[str, str, Any]
_STRINGS = (
    "bob/",
    "bob/*",
    "bob*",
    "*",
    "?ob/",
    "bob/${*}/*",
    "${aws:username}",
    "${aws:PrincipalTag/team}/*",
    "",
    "BOB/",
)
_VARIABLES = ("${aws:PrincipalTag/none}*", "${aws:PrincipalTag/none, 'bob'}/*", "team-?/", "u${$}er/")
_STRING_OPERATORS = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")
_IGNORE_CASE_OPERATORS = ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
_STRING_KEYS = ("s3:prefix", "S3:Prefix", "s3:delimiter", "aws:username", "aws:PrincipalTag/team", "aws:None")
_RELATIONS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_ARN_OPERATORS = ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike", "StringNotEquals")
_NULL_KEYS = ("s3:prefix", "s3:max-keys", "aws:username", "aws:PrincipalTag/none", "aws:TokenIssueTime")


class ConditionFactory:
    """Creates random conditions with these names."""

    def __init__(self, choice: RandomChoice, names: Names) -> None:
        self._choice = choice
        self._names = names

    def call_condition(self) -> Condition:
        """Return a condition for a call of S3 or IAM."""
        string_conditions, other_conditions = [self._string] * 6, [self._other] * 4
        condition: Condition = self._choice.one_of(
            *string_conditions, *other_conditions, self._number, self._arn, self._arn, self._null
        )()
        return condition

    def trust_condition(self) -> Condition:
        """Return a condition for AssumeRole."""
        if self._choice.chance(0.2):
            quantifier = self._choice.one_of("ForAllValues:", "ForAnyValue:")
            operator = quantifier + self._choice.one_of(*_STRING_OPERATORS)
            return operator, "aws:TagKeys", self._choice.one_or_more(("dept", "Zone", "zone", "d*", "*"))
        key, values = self._choice.one_of(
            ("sts:ExternalId", ("a", "a*", "ab*c", "a${*}", "")),
            ("sts:RoleSessionName", ("bob", "b*", "${aws:username}", "*-${aws:username}", "?ob")),
            ("sts:SourceIdentity", ("bob", "b*", "${aws:username}")),
            ("aws:PrincipalTag/team", ("team-a", "team-b", "team-?")),
            ("aws:RequestTag/dept", ("a", "A", "*", "${aws:PrincipalTag/team}")),
            ("aws:username", (self._names.user, "bob", "*")),
        )
        operator = self._choice.one_of(*_STRING_OPERATORS, "StringEqualsIgnoreCase")
        return self._if_exists(operator), key, self._choice.one_or_more(values)

    def _string(self) -> Condition:
        quantifier = self._choice.one_of(*[""] * 8, "ForAllValues:", "ForAnyValue:")
        operator = self._if_exists(self._choice.one_of(*_STRING_OPERATORS, *_IGNORE_CASE_OPERATORS))
        return (
            quantifier + operator,
            self._choice.one_of(*_STRING_KEYS),
            self._choice.one_or_more(_STRINGS + _VARIABLES),
        )

    def _number(self) -> Condition:
        operator = self._if_exists(f"Numeric{self._choice.one_of(*_RELATIONS)}")
        return operator, "s3:max-keys", self._choice.one_or_more(("0", "1", "10", "1000"))

    def _arn(self) -> Condition:
        values: tuple[str, ...] = (self._names.user_arn, self._names.role_arn, self._names.session_arn, "*")
        values += (f"arn:aws:iam::{ACCOUNT}:*", "arn:aws:iam::*:user/*", f"arn:aws:*::{ACCOUNT}:role/*")
        values += (f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}",)
        return (
            self._if_exists(self._choice.one_of(*_ARN_OPERATORS)),
            "aws:PrincipalArn",
            self._choice.one_or_more(values),
        )

    def _other(self) -> Condition:
        operator, key, values = self._choice.one_of(
            ("Bool", "aws:SecureTransport", ("true", "false", "True")),
            ("Bool", "aws:MultiFactorAuthPresent", ("true", "false")),
            ("IpAddress", "aws:SourceIp", ("127.0.0.1", "127.0.0.0/8", "10.0.0.0/8", "0.0.0.0/0", "::1/128")),
            ("NotIpAddress", "aws:SourceIp", ("127.0.0.1", "127.0.0.0/8", "10.0.0.0/8", "::1/128")),
            ("DateGreaterThan", "aws:CurrentTime", ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2021")),
            ("DateLessThan", "aws:CurrentTime", ("2020-01-01", "2099-01-01T00:00:00+02:00", "4070908800")),
            ("DateLessThan", "aws:TokenIssueTime", ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z")),
            ("NumericGreaterThan", "aws:EpochTime", ("1577836800", "4070908800")),
            ("StringEquals", "aws:PrincipalAccount", (ACCOUNT, OTHER_ACCOUNT)),
            ("StringEquals", "aws:PrincipalType", ("User", "AssumedRole", "user")),
            ("StringEquals", "aws:ResourceAccount", (ACCOUNT, OTHER_ACCOUNT)),
            ("StringEquals", "aws:RequestedRegion", ("us-east-1", "eu-west-1")),
            ("StringLike", "aws:userid", ("AIDA*", "AROA*", f"*:{self._names.session}")),
        )
        return self._if_exists(operator), key, self._choice.one_or_more(values)

    def _null(self) -> Condition:
        return "Null", self._choice.one_of(*_NULL_KEYS), self._choice.one_of("true", "false", True, False)

    def _if_exists(self, operator: str) -> str:
        return operator + str(self._choice.one_of("", "", "", "", "IfExists"))

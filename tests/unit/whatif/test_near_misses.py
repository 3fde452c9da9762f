"""Why a statement that names the action doesn't apply."""

from typing import Any

import pytest

from temp_access.iam.decision import Layer
from temp_access.iam.explanation import near_misses
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request

KEY = "arn:aws:s3:::b/bob/x"
SESSION = "arn:aws:sts::111122223333:assumed-role/temp-role/bob"


def whys(statement: dict[str, Any], layer: Layer = Layer.IDENTITY, version: str = "2012-10-17") -> list[str]:
    body = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*", **statement}
    policy = parse_policy({"Version": version, "Statement": {k: v for k, v in body.items() if v}}, layer)
    request = Request(SESSION, "s3:GetObject", KEY, "111122223333", "111122223333", context={"s3:prefix": "bob/x"})
    return [miss.reason for miss in near_misses(policy, request)]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({}, []),
        ({"Effect": "Deny", "Resource": "arn:aws:s3:::c"}, []),
        ({"Action": "s3:Put*", "Resource": "arn:aws:s3:::c"}, []),
        ({"Resource": ["arn:aws:s3:::c", "arn:aws:s3:::d"]}, ["applies only to arn:aws:s3:::c, arn:aws:s3:::d"]),
        (
            {"Resource": [f"arn:aws:s3:::{name}" for name in "acdef"]},
            ["applies only to arn:aws:s3:::a, arn:aws:s3:::c, arn:aws:s3:::d and 2 more"],
        ),
        ({"Resource": None, "NotResource": f"{KEY[:-1]}*"}, [f"applies to all resources except {KEY[:-1]}*"]),
        (
            {"Condition": {"StringLike": {"s3:prefix": "alice/*"}}},
            ["requires StringLike s3:prefix alice/*, but the request has bob/x"],
        ),
        (
            {"Condition": {"Bool": {"s3:x": True}, "StringLike": {"s3:prefix": "*"}}},
            ["requires Bool s3:x true, but the request has no s3:x"],
        ),
        (
            {"Condition": {"StringLike": {"s3:prefix": "${aws:username}/*"}}},
            ["requires StringLike s3:prefix ${aws:username}/*, but the request has bob/x"],
        ),
    ],
)
def test_names_the_first_mismatch(statement: dict[str, Any], expected: list[str]) -> None:
    """The resource, then a condition; a Deny or another action is no near miss."""
    assert whys(statement) == expected


def test_names_the_statements_principal() -> None:
    """In a resource-based policy."""
    expected = [f"names 444455556666, ec2.amazonaws.com, but the caller is {SESSION}"]

    assert whys({"Principal": {"AWS": "444455556666", "Service": "ec2.amazonaws.com"}}, Layer.RESOURCE) == expected


def test_a_variable_is_literal_in_the_old_version() -> None:
    """As in the evaluator."""
    statement = {"Condition": {"StringEquals": {"s3:prefix": "${s3:prefix}"}}}

    assert whys(statement) == []
    assert whys(statement, version="2008-10-17") == [
        "requires StringEquals s3:prefix ${s3:prefix}, but the request has bob/x"
    ]

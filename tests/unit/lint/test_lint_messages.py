"""What the messages of the rules say, and policies of resources that have no buckets or roles."""

from typing import Any

import pytest

from tests.unit.support.linting import bucket, document, identity, lint, resource, rules, trust, under

LIST = {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}
EVERYONE = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Principal": "*"}
ACCOUNT = {"Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
ATTACH = {"Action": "iam:AttachRolePolicy", "Resource": "*"}


@pytest.mark.parametrize(
    "statement", [{"Action": "*", "Resource": "*"}, {"Action": ["kms:*", "iam:*"], "Resource": "*"}]
)
def test_the_policy_of_a_key_allows_nothing_in_iam_or_s3(statement: dict[str, Any]) -> None:
    """Its `*` is the key itself."""
    owner = {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
    found = rules(resource("AWS::KMS::Key", KeyPolicy=document(owner | statement)))
    assert not {"SelfEscalation", "ListWithoutPrefix"} & set(found)


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        (
            bucket(EVERYONE | under("StringLike", "aws:PrincipalOrgID", "o-*")),
            [
                "StringLike aws:PrincipalOrgID o-* limits no callers",
                "aws:SourceAccount or aws:SourceArn for AWS services",
            ],
        ),
        (
            trust(ACCOUNT | under("IpAddress", "aws:SourceIp", "0.0.0.0/0")),
            [
                "arn:aws:iam::111122223333:root",
                "IpAddress aws:SourceIp 0.0.0.0/0 excludes none",
                "require sts:ExternalId",
            ],
        ),
        (
            identity(LIST | under("StringEquals", "s3:prefix", "", "home/")),
            ["s3:ListBucket", "an empty s3:prefix is no prefix", 's3:delimiter "/"'],
        ),
        (
            identity(LIST | under("StringLike", "s3:prefix", *(f"{each}*" for each in "a-_0zBxQkb"), "?*")),
            ["StringLike s3:prefix a* or -* or _* or 0* or …", "require StringLike s3:prefix FOLDER/*"],
        ),
        (identity(LIST | under("StringEquals", "s3:prefix", "bob")), ["s3:prefix bob", "end it with /"]),
        (
            identity(ATTACH | under("ArnLike", "iam:PolicyARN", "arn:aws:iam::aws:policy/*")),
            [
                "iam:AttachRolePolicy on * under ArnLike iam:PolicyARN",
                "name one resource, or require a fixed iam:PolicyARN",
            ],
        ),
        (
            identity({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs*"}),
            ["arn:aws:s3:::logs* also matches longer names", "name the bucket", "-*"],
        ),
        (
            identity({"Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::*:user/a?"}),
            ["iam:CreateAccessKey on arn:aws:iam::*:user/a?", "name one resource"],
        ),
    ],
)
def test_a_message_has_the_value_and_what_to_do(template: dict[str, Any], parts: list[str]) -> None:
    """The condition that doesn't limit is named, and the advice fits the action."""
    message = lint(template)[0].message
    assert [part for part in parts if part not in message] == []


def test_an_exact_prefix_isnt_told_to_end_with_a_star() -> None:
    """StringEquals takes a star literally, so the listing would stop working."""
    [found] = lint(identity(LIST | under("StringEquals", "s3:prefix", "bob")))
    assert "*" not in found.message

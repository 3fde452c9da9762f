"""Policies are compared by meaning, and each difference is described."""

from typing import Any

import pytest

from temp_access.iam.diff import document_differences

USER = "arn:aws:iam::123456789012:user/temp-user"
MALLORY = "arn:aws:iam::123456789012:user/mallory"
ORPHAN = "AIDACKCEVSQ6C2EXAMPLE"
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
LIST = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}


def policy(*statements: Any, **elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **elements}


def trust(*principals: Any) -> dict[str, Any]:
    return policy({"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "sts:AssumeRole"})


def when(**condition: Any) -> dict[str, Any]:
    return policy({**ALLOW, "Condition": condition})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (policy(ALLOW), {"Statement": ALLOW, "Version": "2012-10-17"}),
        (policy(ALLOW, LIST), policy(LIST, ALLOW)),
        (policy(ALLOW), policy(ALLOW, ALLOW)),
        (policy({**ALLOW, "Action": ["a:B", "a:C"]}), policy({**ALLOW, "Action": ["a:C", "a:B"]})),
        (policy({**ALLOW, "Action": ["s3:getobject"]}), policy(ALLOW)),
        (policy({**ALLOW, "Resource": ["*"]}), policy(ALLOW)),
        (policy({**ALLOW, "Sid": "One"}, Id="x"), policy(ALLOW)),
        (policy({**ALLOW, "Condition": {}}), policy(ALLOW)),
        (policy({**ALLOW, "Principal": "*"}), policy({**ALLOW, "Principal": {"AWS": ["*"]}})),
        (trust("111122223333"), trust("arn:aws:iam::111122223333:root")),
        (trust(USER, MALLORY), trust(MALLORY, USER)),
        (when(Bool={"aws:SecureTransport": "false"}), when(Bool={"AWS:securetransport": [False]})),
        (when(NumericEquals={"s3:max-keys": 5}), when(NumericEquals={"s3:max-keys": "5"})),
        (when(StringLike={"s3:prefix": ["a", "b"]}), when(StringLike={"s3:prefix": ["b", "a"]})),
    ],
)
def test_documents_with_the_same_meaning_are_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Order, lists of one, Sids and the case of actions and condition keys have no meaning."""
    assert (document_differences(one, other), document_differences(other, one)) == ([], [])


@pytest.mark.parametrize(
    ("expected", "deployed", "differences"),
    [
        (policy(ALLOW), policy(ALLOW, LIST), ["also has the statement Allow s3:ListBucket on *"]),
        (policy(ALLOW, LIST), policy(LIST), ["lacks the statement Allow s3:GetObject on *"]),
        (policy(ALLOW), {"Statement": ALLOW}, ["has Version 2008-10-17 instead of 2012-10-17"]),
        (
            policy(ALLOW),
            policy({**ALLOW, "Effect": "Deny"}),
            ["has Deny in Effect instead of Allow"],
        ),
        (
            policy(ALLOW),
            policy({**ALLOW, "Action": ["s3:GetObject", "s3:PutObject"]}),
            ["also has s3:PutObject in Action"],
        ),
        (
            policy({**ALLOW, "Resource": "arn:aws:s3:::b/bob/*"}),
            policy({**ALLOW, "Resource": "arn:aws:s3:::b/bob*"}),
            ["has arn:aws:s3:::b/bob* in Resource instead of arn:aws:s3:::b/bob/*"],
        ),
        (policy({**ALLOW, "Resource": "a"}), policy({**ALLOW, "Resource": "A"}), ["has A in Resource instead of a"]),
        (when(Bool={"a:b": "true"}), policy(ALLOW), ["lacks Bool a:b true in Condition"]),
        (when(Bool={"a:b": "true"}), when(Bool={"a:b": []}),
         ["has Bool a:b (no value) in Condition instead of Bool a:b true"]),
        (when(StringLike={"a:b": "x"}), when(StringEquals={"a:b": "x"}),
         ["has StringEquals a:b x in Condition instead of StringLike a:b x"]),
        (
            policy(ALLOW),
            policy({"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"}),
            ["also has the statement Allow on * NotAction s3:GetObject", "lacks the statement Allow s3:GetObject on *"],
        ),
        (trust(USER), trust(USER, MALLORY), [f"also has {MALLORY} in Principal"]),
        (trust(USER), trust(MALLORY), [f"has {MALLORY} in Principal instead of {USER}"]),
        (trust(USER, MALLORY), trust(USER), [f"lacks {MALLORY} in Principal"]),
        (trust("111122223333"), trust("arn:aws:iam::111122223333:user/root"),
         ["has arn:aws:iam::111122223333:user/root in Principal instead of 111122223333"]),
        (policy({**ALLOW, "Principal": {"AWS": "*"}}), policy({**ALLOW, "Principal": {"Service": "*"}}),
         ["has Service * in Principal instead of *"]),
        (policy(ALLOW), {"Version": "2012-10-17", "Statement": ["x"]},
         ['also has the statement Statement "x"', "lacks the statement Allow s3:GetObject on *"]),
    ],
)  # fmt: skip
def test_a_difference_names_deployed_and_expected_values(
    expected: dict[str, Any], deployed: dict[str, Any], differences: list[str]
) -> None:
    """A statement that differs in one element is changed; otherwise one is missing and one is surplus."""
    assert document_differences(expected, deployed) == differences


def test_a_statement_is_described_with_its_conditions() -> None:
    """Effect, action, principal and condition are on one line."""
    statement = {
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": MALLORY},
        "Effect": "Allow",
    }

    assert document_differences(policy(), policy(statement)) == [
        f"also has the statement Allow sts:AssumeRole for {MALLORY} if Bool aws:MultiFactorAuthPresent true"
    ]


@pytest.mark.parametrize(("orphan", "principal_type"), [(ORPHAN, "user"), ("AROACKCEVSQ6C2EXAMPLE", "role")])
def test_an_orphaned_id_says_that_its_principal_was_deleted(orphan: str, principal_type: str) -> None:
    """IAM replaces the ARN of a deleted principal by its unique id; a new principal has another id."""
    [difference] = document_differences(trust(USER), trust(orphan))

    assert difference.startswith(f"names {orphan}, the id of a deleted {principal_type}, instead of {USER} (")


def test_an_orphaned_id_and_another_principal_are_both_reported() -> None:
    """One difference doesn't hide the other."""
    differences = document_differences(trust(USER), trust(ORPHAN, MALLORY))

    assert [difference[:21] for difference in differences] == [f"names {ORPHAN}"[:21], f"also has {MALLORY}"[:21]]

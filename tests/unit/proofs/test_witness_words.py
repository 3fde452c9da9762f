"""A witness names what a reader knows: its callers in words, keys as AWS spells them, no stand-in."""

from typing import Any

import pytest

from temp_access.proofs import ClaimStatus
from temp_access.proofs.claim import as_json
from tests.unit.support.proving import Change, add_statement, change_templates, decide_claims

OTHERS = "no new access: any other caller"
OBJECTS = {"Fn::Sub": "arn:${AWS::Partition}:s3:::the-bucket-of-the-folders/*"}
ABROAD = "arn:aws:iam::999988887777"


def own(name: str) -> dict[str, Any]:
    """Return a principal of the own account."""
    return {"AWS": {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{name}"}}


def reading(principal: Any, **condition: Any) -> Change:
    """Return a change that lets a principal read the bucket."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": OBJECTS}
    return add_statement({**statement, **({"Condition": condition} if condition else {})})


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        ("*", "another user of this account whose own policies allow nothing can call s3:GetObject on "),
        (own("user/mallory"), "the user mallory of this account whose own policies allow nothing can call "),
        (own("role/team/other"), "a session of the role other of this account whose own policies allow nothing can "),
        ({"AWS": f"{ABROAD}:root"}, "a user of the account 999988887777 whose own policies allow everything can call "),
        (
            {"AWS": f"{ABROAD}:user/eve"},
            "the user eve of the account 999988887777 whose own policies allow everything ",
        ),
        ({"Service": "ec2.amazonaws.com"}, "an AWS service (ec2.amazonaws.com) can call s3:GetObject on "),
    ],
)
def test_a_caller_is_named_in_words(principal: Any, words: str) -> None:
    """By its name if a policy has it, else as another one of its kind."""
    claim = decide_claims(OTHERS, assembly=change_templates(bucket=reading(principal)), base=change_templates())[OTHERS]

    assert claim.status is ClaimStatus.REFUTED
    assert claim.witness
    assert claim.witness.description.startswith(words)
    assert "000000000001" not in claim.witness.description


def test_an_account_that_nothing_names_is_another_account() -> None:
    """Its number stands for every other one."""
    condition = {"StringNotEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}
    head = change_templates(bucket=reading("*", **condition))

    witness = decide_claims(OTHERS, assembly=head, base=change_templates())[OTHERS].witness

    assert witness
    assert witness.description.startswith("a user of another account whose own policies allow everything can call ")


def test_condition_keys_are_spelled_as_the_policy_or_aws_does() -> None:
    """Also those that only another policy has; the keys of the JSON's objects stay the same."""
    head = change_templates(bucket=reading("*", NumericEquals={"s3:TlsVersion": "1.2"}))
    claim = decide_claims(OTHERS, assembly=head, base=change_templates())[OTHERS]

    assert claim.witness
    assert claim.witness.shown_context == {"aws:SecureTransport": "true", "s3:TlsVersion": "1.2"}
    (shown,) = as_json([claim])["claims"]
    assert shown["witness"]["context"] == claim.witness.shown_context
    assert {*shown["witness"]} >= {"words", "principal", "action", "resource", "folder", "key", "prefix", "why"}


def test_the_role_and_a_resource_have_no_number_that_nobody_knows() -> None:
    """The role is named, and ACCOUNT stands in the ARN of another resource."""
    trust = {"Effect": "Allow", "Principal": own("user/m"), "Action": "sts:AssumeRole"}
    head = change_templates(
        role=add_statement(trust, "AssumeRolePolicyDocument"),
        user=lambda properties: properties["Policies"][0]["PolicyDocument"]["Statement"].append(
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
        ),
    )

    claims = decide_claims("no new", assembly=head, base=change_templates())

    words = {name: claim.witness.description for name, claim in claims.items() if claim.witness}
    assert " can call sts:AssumeRole on the role temp-role, which" in words[OTHERS]
    assert ":ACCOUNT:" in words["no new access: the user"]

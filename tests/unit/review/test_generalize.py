"""Access outside of the bucket, and callers that only a condition names."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.review.model import Direction
from tests.unit.support.review_edits import (
    Edit,
    Templates,
    add_bucket_statement,
    add_inline_policy,
    add_role_statement,
    descriptions,
    properties,
    review_edits,
)


def allowed(action: str | list[str], resource: str = "*") -> dict[str, Any]:
    """Return a statement that allows something."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def everyone_if(condition: dict[str, Any]) -> Edit:
    """Return the edit that lets every principal read bob's folder on a condition."""
    return add_bucket_statement("bob/*", Effect="Allow", Principal="*", Action="s3:GetObject", Condition=condition)


@pytest.mark.parametrize("action", ["dynamodb:*", "kms:Decrypt", "sts:AssumeRole", "iam:PassRole"])
def test_reports_an_action_of_any_service_on_everything(tmp_path: Path, action: str) -> None:
    """The service of an action doesn't matter."""
    assert descriptions(tmp_path, add_inline_policy(allowed(action))) == [
        f"temp-user can now call {action} on everything"
    ]


def test_reports_another_role_that_the_user_may_assume(tmp_path: Path) -> None:
    """sts:AssumeRole on a role of another account is a change, even though its trust policy is unknown."""
    admin = "arn:aws:iam::999988887777:role/admin"
    assert descriptions(tmp_path, add_inline_policy(allowed("sts:AssumeRole", admin))) == [
        f"temp-user can now call sts:AssumeRole on {admin}"
    ]


def test_lists_the_patterns_of_many_actions_first_and_counts_the_rest(tmp_path: Path) -> None:
    """The description names a few of a thousand actions; the cause lists them all."""
    [change] = review_edits(
        tmp_path, add_inline_policy(allowed([*(f"kms:Action{n}" for n in range(1000)), "sqs:*"]))
    ).changes
    assert change.description.startswith("temp-user can now call sqs:*, kms:Action")
    assert change.description.endswith(" and 994 more actions on everything")
    assert "kms:Action999" in change.cause.description


@pytest.mark.parametrize(
    ("operator", "key", "value", "principal"),
    [
        ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::222233334444:role/audit", "role/audit of account 222233334444"),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/a*", "principals with an ARN like arn:aws:iam::*:role/a*"),
        ("StringEquals", "aws:PrincipalAccount", "222233334444", "account 222233334444"),
    ],
)
def test_compares_a_caller_that_a_condition_names(
    tmp_path: Path, operator: str, key: str, value: str, principal: str
) -> None:
    """A statement for every principal gives access only to the principals in its condition."""
    review = review_edits(tmp_path, everyone_if({operator: {key: value}}))
    assert {change.subject for change in review.changes} == {principal}
    assert review.headline is Direction.BROADENED


def test_reports_a_federated_user_of_another_account(tmp_path: Path) -> None:
    """The review assumes that its session policy allows everything."""
    federated = "arn:aws:sts::999988887777:federated-user/audit"
    statement = add_bucket_statement("bob/*", Effect="Allow", Principal={"AWS": federated}, Action="s3:GetObject")
    user = "federated-user/audit of account 999988887777"
    assert descriptions(tmp_path, statement) == [f"{user} can now read objects in bob/, if its own policies allow it"]


@pytest.mark.parametrize("key", ["aws:PrincipalOrgID", "aws:PrincipalTag/team", "aws:userid"])
def test_varies_the_keys_of_callers_with_credentials(tmp_path: Path, key: str) -> None:
    """An ARN doesn't show an organization or a tag, and anonymous callers have none."""
    changes = descriptions(tmp_path, everyone_if({"StringEquals": {key: "x"}}))
    assert (
        f"any other account can now read objects in bob/, when its {key} is x, if its own policies allow it" in changes
    )
    assert not any(change.startswith("anonymous callers") for change in changes)


def test_describes_an_exception_in_one_change(tmp_path: Path) -> None:
    """NotResource, or a Deny for a part of what is allowed, makes an exception instead of examples."""
    except_bob = add_role_statement("NotResource", "bob/*", Effect="Allow", Action="s3:PutObject")
    role = "temp-role (no session policy) can now upload objects"
    assert descriptions(tmp_path / "not", except_bob) == [f"{role} on everything except in bob/"]
    denied = add_role_statement("Resource", "keep/*", Effect="Deny", Action="s3:PutObject")
    allow = add_role_statement("Resource", "*", Effect="Allow", Action="s3:PutObject")

    def both(templates: Templates) -> None:
        denied(templates)
        allow(templates)

    assert descriptions(tmp_path / "denied", both, denied) == [f"{role} in the whole bucket except in keep/"]


def test_reports_many_resources_of_one_statement_once(tmp_path: Path) -> None:
    """A statement about three tables makes one change; its cause lists them all."""
    tables = [f"arn:aws:dynamodb:eu-central-1:999988887777:table/{name}" for name in "abc"]
    [change] = review_edits(
        tmp_path, add_inline_policy({"Effect": "Allow", "Action": "dynamodb:*", "Resource": tables})
    ).changes
    assert (
        change.description == f"temp-user can now call dynamodb:* on {tables[0]} and 2 more resources (see the cause)"
    )
    assert all(table in change.cause.description for table in tables)


def test_a_statement_that_moves_into_the_boundary_is_a_change(tmp_path: Path) -> None:
    """The same statements in another layer decide differently: as a boundary, this one removes all other access."""
    statement = {"Version": "2012-10-17", "Statement": [allowed("dynamodb:*")]}

    def base(templates: Templates) -> None:
        properties(templates, "AWS::IAM::Role")["Policies"].append({"PolicyName": "X", "PolicyDocument": statement})

    def head(templates: Templates) -> None:
        role = properties(templates, "AWS::IAM::Role")
        [resources] = [
            t["Resources"] for t in templates.values() if role in [r["Properties"] for r in t["Resources"].values()]
        ]
        resources["Limit"] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": statement}}
        role["PermissionsBoundary"] = {"Ref": "Limit"}

    changed = descriptions(tmp_path, head, base)
    assert "temp-role (no session policy) can no longer call dynamodb:* on everything" in changed
    assert any(description.startswith("bob can no longer") for description in changed)

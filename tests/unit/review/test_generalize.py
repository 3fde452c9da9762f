"""Access outside of the bucket, and callers that only a condition names."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.review.model import Direction
from tests.unit.support.review_edits import Edit, Templates, inline, on_bucket, on_role, reviewed, said


def allowed(action: str | list[str], resource: str = "*") -> dict[str, Any]:
    """Return a statement that allows something."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def anybody_if(condition: dict[str, Any]) -> Edit:
    """Return the edit that lets everybody read bob's folder on a condition."""
    return on_bucket("bob/*", Effect="Allow", Principal="*", Action="s3:GetObject", Condition=condition)


@pytest.mark.parametrize("action", ["dynamodb:*", "kms:Decrypt", "sts:AssumeRole", "iam:PassRole"])
def test_an_action_of_any_service_on_everything_is_seen(tmp_path: Path, action: str) -> None:
    """Which service an action is of doesn't matter."""
    assert said(tmp_path, inline(allowed(action))) == [f"temp-user can now call {action} on everything"]


def test_another_role_that_the_user_may_assume_is_seen(tmp_path: Path) -> None:
    """sts:AssumeRole on a role of another account is told, though only temp-role has a trust policy here."""
    admin = "arn:aws:iam::999988887777:role/admin"
    assert said(tmp_path, inline(allowed("sts:AssumeRole", admin))) == [
        f"temp-user can now call sts:AssumeRole on {admin}"
    ]


def test_of_many_actions_the_patterns_come_first_and_the_rest_is_counted(tmp_path: Path) -> None:
    """A thousand actions are no sentence; the cause has them all."""
    [change] = reviewed(tmp_path, inline(allowed([*(f"kms:Action{n}" for n in range(1000)), "sqs:*"]))).changes
    assert change.text.startswith("temp-user can now call sqs:*, kms:Action")
    assert change.text.endswith(" and 994 more actions on everything")
    assert "kms:Action999" in change.cause.text


@pytest.mark.parametrize(
    ("operator", "key", "value", "who"),
    [
        ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::222233334444:role/audit", "role/audit of account 222233334444"),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/a*", "whoever has an ARN like arn:aws:iam::*:role/a*"),
        ("StringEquals", "aws:PrincipalAccount", "222233334444", "account 222233334444"),
    ],
)
def test_a_caller_that_a_condition_names_is_tried(
    tmp_path: Path, operator: str, key: str, value: str, who: str
) -> None:
    """A statement for everybody is about whom its condition names, and nobody else gains."""
    found = reviewed(tmp_path, anybody_if({operator: {key: value}}))
    assert {change.subject for change in found.changes} == {who}
    assert found.headline is Direction.BROADENED


def test_a_federated_user_of_another_account_is_told(tmp_path: Path) -> None:
    """It may do nothing without a session policy, so it is taken to have one that allows everything."""
    federated = "arn:aws:sts::999988887777:federated-user/audit"
    statement = on_bucket("bob/*", Effect="Allow", Principal={"AWS": federated}, Action="s3:GetObject")
    who = "federated-user/audit of account 999988887777"
    assert said(tmp_path, statement) == [f"{who} can now read objects in bob/, as far as its own policies allow it"]


@pytest.mark.parametrize("key", ["aws:PrincipalOrgID", "aws:PrincipalTag/team", "aws:userid"])
def test_what_a_caller_may_have_is_tried_for_those_with_credentials(tmp_path: Path, key: str) -> None:
    """An organization or tag isn't known from an ARN, and nobody without credentials has one."""
    found = said(tmp_path, anybody_if({"StringEquals": {key: "x"}}))
    assert f"any other account can now read objects in bob/, when {key} is x, as far as its own policies allow it" in (
        found
    )
    assert not any(text.startswith("anybody without credentials") for text in found)


def test_what_is_spared_is_said_in_one_line(tmp_path: Path) -> None:
    """NotResource, or a Deny inside of what is allowed, is told as an exception and not by examples."""
    spared = on_role("NotResource", "bob/*", Effect="Allow", Action="s3:PutObject")
    role = "temp-role (not narrowed) can now upload objects"
    assert said(tmp_path / "not", spared) == [f"{role} on everything except in bob/"]
    denied = on_role("Resource", "keep/*", Effect="Deny", Action="s3:PutObject")
    allow = on_role("Resource", "*", Effect="Allow", Action="s3:PutObject")

    def both(templates: Templates) -> None:
        denied(templates)
        allow(templates)

    assert said(tmp_path / "denied", both, denied) == [f"{role} in the whole bucket except in keep/"]


def test_many_resources_of_one_statement_are_one_change(tmp_path: Path) -> None:
    """A statement on three tables is told once; its cause has them all."""
    tables = [f"arn:aws:dynamodb:eu-central-1:999988887777:table/{name}" for name in "abc"]
    [change] = reviewed(tmp_path, inline({"Effect": "Allow", "Action": "dynamodb:*", "Resource": tables})).changes
    assert change.text == f"temp-user can now call dynamodb:* on {tables[0]} and 2 more, which its cause names"
    assert all(table in change.cause.text for table in tables)

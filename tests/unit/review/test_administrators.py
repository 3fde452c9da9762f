"""Who can make itself administrator is called that first, and AWS managed policies stand with their reasons."""

import json
from pathlib import Path
from typing import Any

import pytest

from temp_access.cli.main import main
from temp_access.review.administrators import Administrator, administrators
from temp_access.review.managed_policies import NO_REASON, managed_policies
from temp_access.review.snapshot import read_snapshot
from tests.unit.support.review_edits import Edit, Templates, add_inline_policy, edited_snapshots, properties, unchanged
from tests.unit.support.review_sample import PAIRS, snapshot_arguments

ME = "arn:aws:iam::111122223333:user/temp-user"
SENTENCE = "temp-user can make itself administrator"


def allow(*actions: str, on: str = "*", **more: Any) -> dict[str, Any]:
    """Return a statement that allows actions."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def attach(owner: str, *policies: str) -> Edit:
    """Return the edit that attaches AWS managed policies to the user or role."""
    arns = [f"arn:aws:iam::aws:policy/{name}" for name in policies]
    return lambda templates: properties(templates, f"AWS::IAM::{owner}").update(ManagedPolicyArns=arns)


def for_role(*statements: dict[str, Any]) -> Edit:
    """Return the edit that gives the role more statements."""

    def edit(templates: Templates) -> None:
        properties(templates, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]["Statement"] += statements

    return edit


def with_boundary(edit: Edit, name: str) -> Edit:
    """Return the edit with a permissions boundary of the user."""

    def both(templates: Templates) -> None:
        edit(templates)
        boundary = f"arn:aws:iam::aws:policy/{name}"
        properties(templates, "AWS::IAM::User").update(PermissionsBoundary=boundary)

    return both


def attached_own_policy(templates: Templates) -> None:
    """Let the user write versions of the managed policy that it has."""
    add_inline_policy(allow("iam:CreatePolicyVersion", on="arn:aws:iam::111122223333:policy/*"))(templates)


def found(folder: Path, head: Edit, base: Edit = unchanged) -> tuple[Administrator, ...]:
    """Return the administrators of two edited copies."""
    return administrators(*edited_snapshots(folder, head, base))


MFA: dict[str, Any] = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
OFFICE: dict[str, Any] = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
LAMBDA: dict[str, Any] = {"Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}
READ_ONLY: dict[str, Any] = {"Condition": {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}}
BOUNDED: dict[str, Any] = {
    "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/limit"}}
}
USER_WAYS: dict[str, tuple[Edit, str]] = {
    "everything": (add_inline_policy(allow("*")), "iam:PutUserPolicy on itself"),
    "AdministratorAccess": (attach("User", "AdministratorAccess"), "iam:PutUserPolicy on itself"),
    "iam:*": (add_inline_policy(allow("iam:*")), "iam:PutUserPolicy on itself"),
    "own inline policies": (add_inline_policy(allow("iam:PutUserPolicy", on=ME)), "iam:PutUserPolicy on itself"),
    "own attached policies": (
        add_inline_policy(allow("iam:Attach*", on="arn:aws:iam::*:user/${aws:username}")),
        "iam:AttachUserPolicy on itself",
    ),
    "in another case": (add_inline_policy(allow("IAM:putuserpolicy")), "iam:PutUserPolicy on itself"),
    "by NotAction": (
        add_inline_policy({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}),
        "iam:PutUserPolicy on itself",
    ),
    "with MFA": (add_inline_policy(allow("iam:PutUserPolicy", **MFA)), "iam:PutUserPolicy on itself"),
    "from an address": (add_inline_policy(allow("iam:PutUserPolicy", **OFFICE)), "iam:PutUserPolicy on itself"),
    "versions of its policy": (attached_own_policy, "iam:CreatePolicyVersion on its policy "),
    "the role's policies": (
        add_inline_policy(allow("iam:PutRolePolicy", on="arn:aws:iam::111122223333:role/temp-*")),
        "iam:PutRolePolicy on temp-role, which it may assume",
    ),
    "trust policies": (add_inline_policy(allow("iam:UpdateAssumeRolePolicy")), "on any role"),
    "keys of others": (add_inline_policy(allow("iam:CreateAccessKey")), "iam:CreateAccessKey on any user"),
    "groups": (add_inline_policy(allow("iam:AddUserToGroup")), "iam:AddUserToGroup on any group"),
    "a new role": (
        add_inline_policy(allow("iam:CreateRole", "iam:PutRolePolicy", on="arn:aws:iam::111122223333:role/another*")),
        "iam:CreateRole on any role and iam:PutRolePolicy on any role",
    ),
    "PassRole to Lambda": (
        add_inline_policy(allow("iam:PassRole", **LAMBDA), allow("lambda:*")),
        "iam:PassRole on any role and lambda:CreateFunction on any resource and lambda:InvokeFunction",
    ),
    "PassRole to EC2": (
        add_inline_policy(allow("iam:PassRole", "ec2:*")),
        "iam:PassRole on any role and ec2:RunInstances on any resource",
    ),
    "AWSLambda_FullAccess": (attach("User", "AWSLambda_FullAccess"), "iam:PassRole on any role and lambda:"),
}


@pytest.mark.parametrize("name", USER_WAYS)
def test_a_user_that_can_make_itself_administrator(name: str, tmp_path: Path) -> None:
    """Each way is found, as the policies decide it."""
    edit, way = USER_WAYS[name]
    [administrator] = [each for each in found(tmp_path, edit) if each.subject == "temp-user"]
    assert administrator.is_new
    assert str(administrator).startswith(SENTENCE + ": with ")
    assert any(way in path for path in administrator.paths)


NO_WAYS = {
    "nothing": unchanged,
    "PowerUserAccess": attach("User", "PowerUserAccess"),
    "reading": attach("User", "ReadOnlyAccess", "IAMReadOnlyAccess"),
    "one narrow policy": add_inline_policy(allow("iam:AttachUserPolicy", **READ_ONLY)),
    "bounded users": add_inline_policy(allow("iam:CreateUser", "iam:PutUserPolicy", "iam:CreateRole", **BOUNDED)),
    "another user": add_inline_policy(allow("iam:PutUserPolicy", on="arn:aws:iam::111122223333:user/bob")),
    "PassRole alone": add_inline_policy(allow("iam:PassRole")),
    "PassRole to another service": add_inline_policy(allow("iam:PassRole", **LAMBDA), allow("ec2:*")),
    "denied": add_inline_policy(allow("iam:*"), {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}),
    "within a boundary": with_boundary(attach("User", "AdministratorAccess"), "AmazonS3FullAccess"),
    "boundary without IAM": with_boundary(attach("User", "IAMFullAccess"), "PowerUserAccess"),
}


@pytest.mark.parametrize("name", NO_WAYS)
def test_a_user_that_can_not(name: str, tmp_path: Path) -> None:
    """A limit, a Deny, a boundary or a missing call stops each way."""
    assert found(tmp_path, NO_WAYS[name]) == ()


UNKNOWN_ARN = "arn:aws:iam::111122223333:policy/elsewhere"


@pytest.mark.parametrize(
    "values",
    [{"PermissionsBoundary": UNKNOWN_ARN}, {"ManagedPolicyArns": [UNKNOWN_ARN]}, {"Groups": ["staff"]}],
    ids=["boundary", "policy", "group"],
)
def test_what_an_unknown_policy_may_deny_is_not_certain(values: dict[str, Any], tmp_path: Path) -> None:
    """The user may be able to; an unknown policy alone is no way."""

    def administrator(templates: Templates) -> None:
        add_inline_policy(allow("*"))(templates)
        properties(templates, "AWS::IAM::User").update(values)

    [found_one] = [each for each in found(tmp_path / "1", administrator) if each.subject == "temp-user"]
    assert str(found_one).startswith("temp-user may be able to make itself administrator: with ")
    assert found(tmp_path / "2", lambda templates: properties(templates, "AWS::IAM::User").update(values)) == ()


def test_the_role_can_be_administrator(tmp_path: Path) -> None:
    """The role is one without a session policy, and then the user is one through it only if it changes policies."""
    [role] = found(tmp_path / "role", for_role(allow("iam:PutRolePolicy")))
    assert role.subject == "temp-role (no session policy)"
    assert role.paths == ("iam:PutRolePolicy on itself",)
    [unchanged_one] = found(tmp_path / "both", for_role(allow("iam:*")), for_role(allow("iam:*")))
    assert not unchanged_one.is_new
    assert "can make itself administrator, as before the change: with" in str(unchanged_one)


def test_every_format_says_it_first(capsys: pytest.CaptureFixture[str]) -> None:
    """It is the first sentence of the review, and the policy stands with its reason."""
    outputs = {}
    for format_ in ("markdown", "html", "json", "sarif"):
        main(["review", *snapshot_arguments("administrator"), "--compare-only", f"--format={format_}"])
        outputs[format_] = capsys.readouterr().out
        assert SENTENCE in outputs[format_]
        assert "it manages the other users" in outputs[format_]
    assert outputs["markdown"].splitlines()[2].startswith(f"🔴 **<code>{SENTENCE}")
    assert outputs["html"].index(SENTENCE) < outputs["html"].index('class="counts"')
    report = json.loads(outputs["json"])
    assert report["administrators"][0]["new"] is True
    policy = {"holder": "temp-user", "name": "IAMFullAccess", "reason": "it manages the other users", "status": "new"}
    assert report["aws_managed_policies"] == [policy]
    [run] = json.loads(outputs["sarif"])["runs"]
    assert run["results"][0]["ruleId"] == "Administrator"


def test_each_managed_policy_stands_with_its_reason(tmp_path: Path) -> None:
    """That of a removed one is base's, and one that access.toml doesn't name has none."""
    base, head = (read_snapshot(each, PAIRS / "managed-policy" / each / "cdk.out", None) for each in ("base", "head"))
    [added] = managed_policies(base, head)
    assert (added.full_name, added.reason) == ("temp-user: AmazonS3FullAccess (new)", "the nightly export")
    [removed] = managed_policies(head, base)
    assert (removed.full_name, removed.reason) == ("temp-user: AmazonS3FullAccess (removed)", "the nightly export")
    [same] = managed_policies(head, head)
    assert same.status == ""
    snapshots = edited_snapshots(tmp_path, attach("Role", "ReadOnlyAccess"))
    assert [each.reason for each in managed_policies(*snapshots)] == [NO_REASON]

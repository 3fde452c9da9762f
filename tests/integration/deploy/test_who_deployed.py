"""`temp-access who` and borrowers in `can`, against a deployment: the deployed policies decide, not the templates."""

import json
from typing import Any

import pytest

from tests.integration.deploy.project import Project

pytestmark = pytest.mark.integration
ANN = "temp-role-ann"


def ask(project: Project, *question: str) -> dict[str, dict[str, Any]]:
    """Return the ways to the call by who has them and for which grant."""
    ended = project.local("who", *question, "--json")
    assert ended.code == 0, ended.output
    return {f"{way['who']} {way['grant']}": way for way in json.loads(ended.out)["who"]}


def test_lists_the_borrowers_of_the_deployed_roles(example: Project) -> None:
    """With the line of the borrower in access.toml."""
    ways = ask(example, "s3:GetObject", "ann/x")

    ann = ways["user/ann ann"]
    lines = example.toml.read_text(encoding="utf-8").splitlines()
    assert [lines[each["line"] - 1] for each in ann["statements"]] == ["[grants.ann]", 'borrowers = ["user/ann"]']
    assert [each["place"] for each in ann["statements"]] == [
        f"inline policy Folder of {ANN}",
        f"the trust policy of {ANN}",
    ]
    assert not any(key.endswith(" releases") for key in ways)


def test_finds_who_was_let_in_by_hand(example: Project) -> None:
    """A statement that was added to a trust policy has no line."""
    trust = example.iam.get_role(RoleName=ANN)["Role"]["AssumeRolePolicyDocument"]
    user = example.iam.create_user(UserName="mallory")["User"]
    statement = {"Effect": "Allow", "Principal": {"AWS": user["Arn"]}, "Action": "sts:AssumeRole"}
    changed = {**trust, "Statement": [*trust["Statement"], statement]}
    example.iam.update_assume_role_policy(RoleName=ANN, PolicyDocument=json.dumps(changed))
    try:
        ways = ask(example, "s3:GetObject", "ann/x")
    finally:
        example.iam.update_assume_role_policy(RoleName=ANN, PolicyDocument=json.dumps(trust))
        example.iam.delete_user(UserName="mallory")

    mallory = ways["user/mallory ann"]
    assert not mallory["ours"]
    assert mallory["statements"][-1]["line"] is None
    assert "user/mallory ann" not in ask(example, "s3:GetObject", "ann/x")


@pytest.mark.parametrize(
    ("code", "question"),
    [
        (0, f"user/ann sts:AssumeRole role/{ANN}"),
        (1, f"user sts:AssumeRole role/{ANN}"),
        (1, "user/ann sts:AssumeRole role/temp-role-releases"),
        (0, "ann s3:GetObject ann/x"),
        (1, "ann s3:GetObject bob/x"),
        (
            0,
            "oidc/github/repo:example.com/app:ref:refs/heads/main sts:AssumeRoleWithWebIdentity "
            "role/temp-role-releases",
        ),
        (
            1,
            "oidc/github/repo:example.com/app:ref:refs/heads/x sts:AssumeRoleWithWebIdentity role/temp-role-releases",
        ),
    ],
)
def test_can_reads_the_role_of_a_grant_with_borrowers(example: Project, code: int, question: str) -> None:
    ended = example.local("can", *question.split())

    assert ended.code == code, ended.output

"""Templates of grants with borrowers that were edited by hand: what no grant has is named, or is read as it is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from temp_access.config.model import Config
from temp_access.deployment.effective_policies import template_policies
from temp_access.deployment.own_ids import without_own_ids
from temp_access.deployment.stacks import needed_stacks, read_stacks
from temp_access.deployment.unread import unread
from temp_access.errors import UserError
from temp_access.policies.grant_stacks import grant_stack
from tests.unit.support.config_file import config_of
from tests.unit.support.synthesis import synthesize

FILE = """
[role]
path = "/temp-access/"
permissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
[tags]
cost-center = "4711"
[users.ann]
[identity_providers.github]
issuer = "https://token.actions.githubusercontent.com"
audience = "sts.amazonaws.com"
create = true
[grants.bob]
access = "read-write"
borrowers = ["user/ann", "role/build", "sso/DataTeam/ann@example.com", "service/ec2.amazonaws.com",
  "oidc/github/repo:example/app:ref:refs/heads/main"]
[grants.carol]
access = "read"
borrowers = ["user/ann"]
[grants.shared]
access = "read"
"""
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
BOB, CAROL = f"{grant_stack('bob')}.template.json", f"{grant_stack('carol')}.template.json"
Edit = Callable[[Any, Any], object]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return config_of(tmp_path_factory.mktemp("config"), FILE)


@pytest.fixture
def folder(config: Config, tmp_path: Path) -> Path:
    synthesize(config, outdir=tmp_path / "cdk.out")
    return tmp_path / "cdk.out"


def edit(folder: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / name
    template = json.loads(file.read_text(encoding="utf-8"))
    change(template["Resources"])
    file.write_text(json.dumps(template), encoding="utf-8")


def role_of(resources: dict[str, Any], id_: str) -> dict[str, Any]:
    role: dict[str, Any] = next(
        each["Properties"]
        for each in resources.values()
        if each["Type"] == "AWS::IAM::Role" and each["Properties"]["RoleName"] == f"temp-role-{id_}"
    )
    return role


def found(config: Config, folder: Path) -> list[str]:
    assembly = read_stacks(folder, config=config)
    policies = template_policies(config, assembly)
    return [each.description for each in unread(assembly, policies.target, policies.state)]


def test_everything_is_read(config: Config, folder: Path) -> None:
    """Of all kinds of borrowers, with a path, a boundary and tags; the stacks are those that the app defines."""
    assert found(config, folder) == []
    assert {*read_stacks(folder, config=config).templates} == {*needed_stacks(config)}


def test_a_role_that_no_grant_has_is_named(config: Config, folder: Path) -> None:
    """It has no digest of a grant."""
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    properties = {"RoleName": "temp-role-mallory", "AssumeRolePolicyDocument": trust}
    edit(folder, BOB, lambda own: own.update(Mallory={"Type": "AWS::IAM::Role", "Properties": properties}))

    assert found(config, folder) == [f"the role temp-role-mallory of {grant_stack('bob')}, which no grant has"]


@pytest.mark.parametrize(
    "change",
    [
        lambda bob, carol: bob.update(Tags=carol["Tags"]),
        lambda bob, _: bob.update(RoleName="temp-role-bobby"),
        lambda bob, _: bob.update(Tags=[]),
    ],
)
def test_a_role_of_another_grant_is_another_file(config: Config, folder: Path, change: Edit) -> None:
    """Each role has the name and the digest of its own grant."""
    carol: dict[str, Any] = {}
    edit(folder, CAROL, lambda own: carol.update(role_of(own, "carol")))
    edit(folder, BOB, lambda own: change(role_of(own, "bob"), carol))

    with pytest.raises(UserError, match=r"made from another access\.toml \(its grants with borrowers"):
        read_stacks(folder, config=config)


def test_a_role_in_another_stack_is_another_file(config: Config, folder: Path) -> None:
    """Its stack depends on its id alone, so that a new grant moves no other one."""
    moved: dict[str, Any] = {}
    edit(folder, BOB, lambda own: moved.update({id_: own.pop(id_) for id_ in [*own] if "bob" in id_}))
    edit(folder, CAROL, lambda own: own.update(moved))

    assert grant_stack("bob") != grant_stack("carol")
    with pytest.raises(UserError, match=r"made from another access\.toml"):
        read_stacks(folder, config=config)


@pytest.mark.parametrize("name", ["TempAccess.template.json", BOB])
def test_a_separate_policy_of_a_grant_s_role_is_read(config: Config, folder: Path, name: str) -> None:
    """In whichever stack: it isn't named, because it is among the role's policies."""
    properties = {"PolicyName": "more", "PolicyDocument": DOCUMENT, "Roles": ["temp-role-bob"]}
    edit(folder, name, lambda own: own.update(More={"Type": "AWS::IAM::Policy", "Properties": properties}))

    assert found(config, folder) == []
    policies = template_policies(config, read_stacks(folder, config=config))
    assert policies.state.grant_roles["temp-role-bob"].permissions.inline["more"] == DOCUMENT


def test_unknown_policies_of_all_users_and_roles_have_names(config: Config, folder: Path) -> None:
    """A managed policy that isn't bundled, and a group."""
    own = "arn:aws:iam::123456789012:policy/own"
    edit(folder, BOB, lambda resources: role_of(resources, "bob").update(ManagedPolicyArns=[own]))

    def into_a_group(resources: dict[str, Any]) -> None:
        for each in resources.values():
            if each["Type"] == "AWS::IAM::User":
                each["Properties"]["Groups"] = ["staff"]

    edit(folder, "TempAccessBorrowers.template.json", into_a_group)
    policies = template_policies(config, read_stacks(folder, config=config))

    assert policies.unknown_names == {own, "the policies of the group staff"}


def test_the_roles_of_two_grants_stay_apart(config: Config, folder: Path) -> None:
    """What names bob's role isn't the same as what names carol's."""
    assembly = read_stacks(folder, config=config)
    ids = {
        id_: each
        for stack in assembly.templates.values()
        for id_, each in stack["Resources"].items()
        if each["Type"] == "AWS::IAM::Role"
    }
    contents = {without_own_ids(json.dumps({"Ref": id_}), assembly) for id_ in ids}

    assert contents == {
        '{"Ref": "<the role>"}',
        '{"Ref": "<the role temp-role-bob>"}',
        '{"Ref": "<the role temp-role-carol>"}',
    }

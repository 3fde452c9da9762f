"""The stacks of grants with borrowers: their roles, the users for people, the identity providers."""

import json
from pathlib import Path
from typing import Any

import pytest

from temp_access.config.model import Config
from temp_access.policies.access_modes import ACCESS_MODES
from tests.unit.support.config_file import config_of
from tests.unit.support.synthesis import ACCESS, all_of, only, synthesize

FILE = """
[role]
path = "/lent/"
permissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
[tags]
cost-center = "4711"
[users.ann]
[users.ben]
permissions_boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
[identity_providers.own]
issuer = "https://login.example.com"
audience = "temp-access"
create = true
[identity_providers.old]
issuer = "https://old.example.com"
audience = "temp-access"
[grants.shared]
access = "list"
[grants.ann]
access = "read-write"
borrowers = ["user/ann", "oidc/own/group:a", "oidc/old/group:b", "service/ec2.amazonaws.com"]
duration = "2h"
[grants.both]
access = "write"
borrowers = ["user/ann", "user/ben"]
"""
EVERY_KIND = (
    """borrowers = ["user/ann", "role/build", "sso/Team", "sso/Team/ann", "oidc/own/a", "oidc/own/a*"]""",
    """borrowers = ["service/ec2.amazonaws.com", "service/ecs-tasks.amazonaws.com", "service/pods.eks.amazonaws.com",
    { principal = "arn:aws:iam::222233334444:role/x", external_id = "the-id" }]""",
)
OWN = '[identity_providers.own]\nissuer = "https://login.example.com"\naudience = "a"\ncreate = true\n[users.ann]\n'


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Config:
    return config_of(tmp_path, FILE)


def roles(templates: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the properties of the roles of grants by name."""
    stacks = [template for name, template in templates.items() if name.startswith("TempAccessGrants")]
    return {role["RoleName"]: role for stack in stacks for role in all_of(stack, "AWS::IAM::Role")}


def test_each_grant_with_borrowers_has_a_role(config: Config) -> None:
    """It has the role's path and boundary, the grant's longest session, and the digest of its grant."""
    found = roles(synthesize(config))

    assert found.keys() == {"temp-role-ann", "temp-role-both"}
    ann, tags = found["temp-role-ann"], {tag["Key"]: tag["Value"] for tag in found["temp-role-ann"]["Tags"]}
    assert (ann["Path"], ann["MaxSessionDuration"]) == ("/lent/", 7200)
    assert ann["PermissionsBoundary"] == "arn:aws:iam::aws:policy/PowerUserAccess"
    assert tags["temp-access:config"] == config.grant_digests["ann"]
    assert tags["cost-center"] == "4711"
    assert [policy["PolicyName"] for policy in ann["Policies"]] == ["Folder"]


def test_the_one_role_has_only_what_grants_without_borrowers_need(config: Config) -> None:
    """Its path and boundary are the same."""
    role = only(synthesize(config)[ACCESS], "AWS::IAM::Role")

    assert "s3:PutObject" not in json.dumps(role)
    assert (role["Path"], role["PermissionsBoundary"]) == ("/lent/", "arn:aws:iam::aws:policy/PowerUserAccess")


def test_each_user_may_assume_the_roles_of_its_grants(config: Config) -> None:
    """And no other role."""
    template = synthesize(config)["TempAccessBorrowers"]
    policies = {
        json.dumps(each["Users"]): each["PolicyDocument"] for each in all_of(template, "AWS::IAM::ManagedPolicy")
    }
    users = {each["UserName"]: each for each in all_of(template, "AWS::IAM::User")}

    assert users.keys() == {"ann", "ben"}
    assert users["ben"]["PermissionsBoundary"] == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    by_roles = sorted(json.dumps(document).count(":role/lent/") for document in policies.values())
    assert by_roles == [1, 2]
    assert all("role/lent/temp-role-both" in json.dumps(document) for document in policies.values())


def test_only_providers_to_create_are_resources(config: Config) -> None:
    """The others exist in the account."""
    provider = only(synthesize(config)["TempAccessBorrowers"], "AWS::IAM::OIDCProvider")

    assert (provider["Url"], provider["ClientIdList"]) == ("https://login.example.com", ["temp-access"])


def test_instances_of_ec2_need_a_profile(config: Config) -> None:
    """It has the role's name and path."""
    profiles = [
        profile for template in synthesize(config).values() for profile in all_of(template, "AWS::IAM::InstanceProfile")
    ]

    assert [(each["InstanceProfileName"], each["Path"]) for each in profiles] == [("temp-role-ann", "/lent/")]


def test_a_file_in_which_every_grant_has_borrowers_has_an_empty_role(tmp_path: Path) -> None:
    """Nobody borrows through it."""
    config = config_of(tmp_path, '[grants.ann]\naccess = "read"\nborrowers = ["role/ann"]\n')

    assert "Policies" not in only(synthesize(config, nag=True)[ACCESS], "AWS::IAM::Role")


@pytest.mark.parametrize("mode", ACCESS_MODES)
def test_no_rule_has_a_finding_on_the_roles(tmp_path: Path, mode: str) -> None:
    """Neither cdk-nag nor the lint rules, for every access mode and every kind of borrower."""
    grants = (f'[grants.bob{index}]\naccess = "{mode}"\n{kinds}\n' for index, kinds in enumerate(EVERY_KIND))

    synthesize(config_of(tmp_path, OWN + "".join(grants)), nag=True)


def test_a_further_grant_changes_nothing_else(tmp_path: Path) -> None:
    """But the policies of the users that it names."""
    further = '[grants.new]\naccess = "read"\nborrowers = ["user/ben"]\n'
    before, after = synthesize(config_of(tmp_path, FILE)), synthesize(config_of(tmp_path, FILE + further))
    changed = {
        (stack, id_)
        for stack, template in after.items()
        for id_, resource in template["Resources"].items()
        if resource != before.get(stack, {"Resources": {}})["Resources"].get(id_)
    }
    kinds = sorted(after[stack]["Resources"][id_]["Type"] for stack, id_ in changed)

    assert kinds == ["AWS::IAM::ManagedPolicy", "AWS::IAM::Role"]

"""The two stacks that access.toml defines."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension
from syrupy.location import PyTestLocation

from temp_access.access_file import load
from temp_access.config.model import Config, Environment, Grant
from temp_access.deployment.stacks import needed_stacks
from tests.unit.support.config_file import ROOT, config_of
from tests.unit.support.synthesis import ACCESS, STORAGE, all_of, only, synthesize, to_json

DIGEST = "<digest of access.toml>"
WILDCARD = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "iam:GetUser"], "Resource": "*"}],
}


class InSnapshots(JSONSnapshotExtension):
    """Stores a snapshot of each stack in tests/snapshots."""

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        """Return the folder of the snapshots."""
        return str(ROOT / "tests" / "snapshots" / "test_stacks")


@pytest.fixture(scope="module")
def config() -> Config:
    """Return the project's own configuration, with a fixed digest."""
    return replace(load(ROOT / "access.toml"), digest=DIGEST)


@pytest.fixture(scope="module")
def templates(config: Config) -> dict[str, dict[str, Any]]:
    """Return both stacks' templates for the project's own access.toml."""
    return synthesize(config)


def test_the_projects_own_stacks_match_their_snapshots(
    templates: dict[str, dict[str, Any]], snapshot: SnapshotAssertion
) -> None:
    """A changed template is visible in review; `pytest tests/unit/stacks --snapshot-update` accepts it."""
    for stack in (STORAGE, ACCESS):
        assert templates[stack] == snapshot(name=stack, extension_class=InSnapshots)


def test_no_access_key_and_no_secret_is_in_a_template_or_output(templates: dict[str, dict[str, Any]]) -> None:
    """CloudFormation would show both to everybody who can read stacks."""
    for template in templates.values():
        types = {resource["Type"] for resource in template["Resources"].values()}
        assert not any("AccessKey" in type_ or "Secret" in type_ for type_ in types)
        assert not re.search(r"SecretAccessKey|(AKIA|ASIA)[A-Z0-9]{8}|BEGIN .*PRIVATE KEY", to_json(template))
    outputs = {name for template in templates.values() for name in template.get("Outputs", ())}
    assert {name for name in outputs if not name.startswith("ExportsOutput")} == {
        "BucketName",
        "ConfigDigest",
        "RoleArn",
        "RoleName",
        "UserName",
    }


def test_the_role_tag_and_the_output_contain_the_digest(templates: dict[str, dict[str, Any]]) -> None:
    """A caller can compare its file with the deployed one, with or without access to CloudFormation."""
    assert {"Key": "temp-access:config", "Value": DIGEST} in only(templates[ACCESS], "AWS::IAM::Role")["Tags"]
    assert templates[ACCESS]["Outputs"]["ConfigDigest"] == {"Value": DIGEST}


MODES: dict[tuple[str, ...], list[tuple[Any, bool]]] = {
    ("list",): [(["s3:GetBucketLocation", "s3:ListBucket"], False)],
    ("write",): [(["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"], True)],
    ("read", "write"): [
        (["s3:GetBucketLocation", "s3:ListBucket"], False),
        (["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"], True),
    ],
    ("full", "read-write"): [(["s3:GetBucketLocation", "s3:ListBucket"], False), (["s3:*"], True)],
}


@pytest.mark.parametrize("modes", MODES)
def test_the_role_has_the_union_of_the_modes_in_use(config: Config, modes: tuple[str, ...]) -> None:
    """They apply to the one bucket, and are the upper limit of every session."""
    template = synthesize(replace(config, grants={mode: Grant(mode, mode, mode) for mode in modes}))[ACCESS]
    (policy,) = only(template, "AWS::IAM::Role")["Policies"]
    arn = {"Fn::ImportValue": "TempAccessStorage:ExportsOutputFnGetAttFolders5DC27E26Arn6316EEFC"}
    assert policy["PolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Action": action, "Resource": {"Fn::Join": ["", [arn, "/*"]]} if on_objects else arn}
        for action, on_objects in MODES[modes]
    ]


ROLE = """
[role]
name = "lent"
max_session_duration = "2h"
[[role.trusted]]
principal = "role/build"
[[role.trusted]]
principal = "222233334444"
external_id = "the-partner"
[role.conditions]
mfa = true
source_ip = ["203.0.113.0/24", "2001:db8::/32"]
source_identity = "*@x"
session_name = "s-*"
[grants.bob]
access = "read"
"""


def test_the_role_follows_access_toml(tmp_path: Path) -> None:
    """Its name, maximum session duration, trusted principals and conditions come from the file."""
    role = only(synthesize(config_of(tmp_path, ROLE))[ACCESS], "AWS::IAM::Role")
    assert (role["RoleName"], role["MaxSessionDuration"]) == ("lent", 7200)
    own, build, partner = role["AssumeRolePolicyDocument"]["Statement"]
    arn = ["arn:", {"Ref": "AWS::Partition"}, ":iam::"]
    assert [statement["Principal"]["AWS"] for statement in (own, build, partner)] == [
        {"Fn::GetAtt": ["UserFDDCDD17", "Arn"]},
        {"Fn::Join": ["", [*arn, {"Ref": "AWS::AccountId"}, ":role/build"]]},
        {"Fn::Join": ["", [*arn[:-1], ":iam::222233334444:root"]]},
    ]
    required = {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]},
        "StringLike": {"sts:RoleSessionName": "s-*", "sts:SourceIdentity": "*@x"},
    }
    assert own["Condition"] == build["Condition"] == required
    assert partner["Condition"] == required | {"StringEquals": {"sts:ExternalId": "the-partner"}}
    assert {tuple(statement["Action"]) for statement in (own, build, partner)} == {
        ("sts:AssumeRole", "sts:SetSourceIdentity")
    }


def test_grants_add_no_resource(config: Config) -> None:
    """Ten grants and ten thousand produce the same templates, byte for byte."""
    few, many = (
        synthesize(replace(config, grants={f"g{n}": Grant(f"g{n}", "read", f"g{n}") for n in range(count)}))
        for count in (10, 10_000)
    )
    assert json.dumps(few) == json.dumps(many)


def test_ten_thousand_grants_change_only_the_digest(tmp_path: Path) -> None:
    """Nothing that grows with the grants is deployed."""
    few, many = (
        config_of(tmp_path, "".join(f"[grants.g{n}]\naccess = 'read'\n" for n in range(count)))
        for count in (10, 10_000)
    )
    assert few.digest != many.digest
    assert to_json(synthesize(few)).replace(few.digest, many.digest) == to_json(synthesize(many))


def test_synthesis_is_deterministic(config: Config, tmp_path: Path) -> None:
    """Two runs write the same bytes, so a diff shows real changes only."""
    templates = []
    for run in ("one", "two"):
        synthesize(config, outdir=tmp_path / run)
        templates.append({path.name: path.read_bytes() for path in (tmp_path / run).glob("*.template.json")})
    assert templates[0].keys() == {f"{stack}.template.json" for stack in needed_stacks(config)}
    assert templates[0] == templates[1]


@pytest.mark.parametrize("protected", [False, True])
def test_termination_protection_follows_the_environment(config: Config, tmp_path: Path, protected: bool) -> None:
    """Both stacks have it if the environment sets it."""
    environment = Environment("prod", "111122223333", "eu-central-1", "the-bucket", protected)
    templates = synthesize(replace(config, environment=environment), outdir=tmp_path)
    artifacts = json.loads((tmp_path / "manifest.json").read_text())["artifacts"]
    stacks = [artifacts[name] for name in (STORAGE, ACCESS)]
    assert [stack["environment"] for stack in stacks] == ["aws://111122223333/eu-central-1"] * 2
    assert [stack["properties"].get("terminationProtection", False) for stack in stacks] == [protected] * 2
    assert only(templates[STORAGE], "AWS::S3::Bucket")["BucketName"] == "the-bucket"


USER_POLICIES = f"""
[[user.aws_managed]]
name = "IAMFullAccess"
reason = "this user manages the other users"
[[user.customer_managed]]
name = "reads-all"
document = '{json.dumps(WILDCARD)}'
reason = "the inventory lists every object"
[[user.inline]]
name = "sees-the-account"
document = '{{"Statement": {{"Effect": "Allow", "Action": "iam:GetAccountSummary", "Resource": "*"}}}}'
reason = "iam:GetAccountSummary can't be narrowed to a resource"
[user]
permissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
[grants.bob]
access = "full"
"""


def test_every_finding_of_cdk_nag_is_fixed_or_acknowledged(config: Config, tmp_path: Path) -> None:
    """The project's own file, each single mode, and policies whose wildcards have a reason pass validation."""
    synthesize(config, nag=True)
    for mode in ("list", "write", "full"):
        synthesize(replace(config, grants={"bob": Grant("bob", mode, "bob")}), nag=True)
    template = synthesize(config_of(tmp_path, USER_POLICIES), nag=True)[ACCESS]
    assert WILDCARD in [policy["PolicyDocument"] for policy in all_of(template, "AWS::IAM::ManagedPolicy")]
    assert only(template, "AWS::IAM::User")["PermissionsBoundary"] == "arn:aws:iam::aws:policy/PowerUserAccess"


@pytest.mark.parametrize(
    "reason", ['reason = "the inventory lists every object"', "reason = \"iam:GetAccountSummary can't be narrowed"]
)
def test_a_wildcard_without_a_reason_fails_validation(tmp_path: Path, reason: str) -> None:
    """A policy with wildcards that gives reviewers no reason isn't deployed."""
    unexplained = re.sub(re.escape(reason) + ".*\n", "", USER_POLICIES)
    assert unexplained != USER_POLICIES
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        synthesize(config_of(tmp_path, unexplained), nag=True)

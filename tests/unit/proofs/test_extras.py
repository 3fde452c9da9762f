"""Isolation, mode and usefulness know the extras: proved as they are sent, refuted with each defect."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from temp_access.access_file import load
from temp_access.cfn.assembly import Assembly
from temp_access.config.model import Config
from temp_access.policies.access_modes import EXTRAS, AccessMode, modes_with
from temp_access.policies.session_policy import session_policy
from temp_access.proofs import Claim, ClaimStatus, prove_all
from temp_access.proofs.sessions import SessionPolicyFactory
from tests.unit.support.proving import unproved_claims
from tests.unit.support.synthesis import ACCESS, synthesize

ALL = tuple(EXTRAS)
TAGGED = "a read-write session with tags and versions"
USELESS, TOO_WIDE = f"usefulness: {TAGGED} can do everything its mode allows", f"mode: {TAGGED}"


def claims_of(
    folder: Path, toml: str, compiler: SessionPolicyFactory = session_policy, more: dict[str, Any] | None = None
) -> dict[str, Claim]:
    """Return the claims about an access.toml; the role also has the statement `more`."""
    config, templates = project(folder, toml)
    if more:
        [role] = [each for each in templates[ACCESS]["Resources"].values() if each["Type"] == "AWS::IAM::Role"]
        role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].append(more)
    claims = prove_all(config, Assembly(Path("cdk.out"), templates), compiler=compiler)
    return {claim.name: claim for claim in claims}


def project(folder: Path, toml: str) -> tuple[Config, dict[str, dict[str, Any]]]:
    """Return the configuration and its templates."""
    (folder / "access.toml").write_text(toml, encoding="utf-8")
    config = load(folder / "access.toml")
    return config, synthesize(config)


def test_every_mode_with_all_its_extras_is_proved(tmp_path: Path) -> None:
    """Each combination of mode and extras in use has claims of its own, which name it."""
    toml = "".join(
        f"[grants.{mode}]\naccess = {mode!r}\nextras = {[e for e in ALL if mode in modes_with(e)]}\n"
        for mode in ("list", "read", "write", "read-write")
    )
    claims = claims_of(tmp_path, toml + "[grants.bob]\naccess = 'read'\n")
    assert unproved_claims(claims) == {}
    for name in ("a read session", "a read session with tags, versions, acl and uploads"):
        assert f"usefulness: {name} can do everything its mode allows" in claims
    assert "isolation: a list session with versions reaches nothing outside its folder" in claims


def defective(change: Any) -> SessionPolicyFactory:
    """Return the compiler with a defect in each policy."""

    def compiler(folder: str, access: AccessMode, *, bucket: str, partition: str) -> dict[str, Any]:
        policy = deepcopy(session_policy(folder, access, bucket=bucket, partition=partition))
        change(policy["Statement"])
        return policy

    return compiler


def remove(action: str) -> Any:
    """Return the change that removes an action."""

    def change(statements: list[dict[str, Any]]) -> None:
        for statement in statements:
            if isinstance(statement["Action"], list):
                statement["Action"] = [each for each in statement["Action"] if each != action]

    return change


def add_action(action: str) -> Any:
    """Return the change that adds an action on the folder's objects."""
    return lambda statements: statements[1].update(Action=[*statements[1]["Action"], action])


def without_condition(statements: list[dict[str, Any]]) -> None:
    """List versions without the condition."""
    remove("s3:ListBucketVersions")(statements)
    statements.append({"Effect": "Allow", "Action": "s3:ListBucketVersions", "Resource": statements[0]["Resource"]})


@pytest.mark.parametrize(
    ("change", "claim", "action"),
    [
        (remove("s3:PutObjectTagging"), USELESS, "s3:PutObjectTagging"),
        (remove("s3:ListBucketVersions"), USELESS, "s3:ListBucketVersions"),
        (remove("s3:DeleteObjectVersion"), USELESS, "s3:DeleteObjectVersion"),
        (add_action("s3:PutObjectAcl"), TOO_WIDE, "s3:PutObjectAcl"),
        (without_condition, f"isolation: {TAGGED}", "s3:ListBucketVersions"),
        (lambda statements: statements.pop(), USELESS, "s3:GetBucketLocation"),
    ],
)
def test_each_defect_is_refuted(tmp_path: Path, change: Any, claim: str, action: str) -> None:
    """The witness names the action."""
    toml = "[grants.bob]\naccess = 'read-write'\nextras = ['tags', 'versions']\n"
    more = {"Effect": "Allow", "Action": "s3:PutObjectAcl", "Resource": "*"}
    claims = claims_of(tmp_path, toml, defective(change), more)
    [refuted] = [each for name, each in claims.items() if name.startswith(claim)]
    assert (refuted.status, refuted.witness and refuted.witness.action.lower()) == (
        ClaimStatus.REFUTED,
        action.lower(),
    )


def test_a_session_that_doesnt_list_doesnt_learn_the_region(tmp_path: Path) -> None:
    """The mode claim is refuted if its policy, and the role for another grant, allow it."""
    toml = "[grants.bob]\naccess = 'write'\n[grants.eve]\naccess = 'list'\n"
    claims = claims_of(tmp_path, toml)
    assert unproved_claims(claims) == {}
    broken = claims_of(tmp_path, toml, defective_location)
    assert unproved_claims(broken) == {
        "mode: a write session can do no more in its folder than its mode allows": ClaimStatus.REFUTED
    }


def defective_location(folder: str, access: AccessMode, *, bucket: str, partition: str) -> dict[str, Any]:
    """Return a session policy that tells the Region in every mode."""
    policy = session_policy(folder, access, bucket=bucket, partition=partition)
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    location = {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": f"arn:{partition}:s3:::{bucket}"}
    return {**policy, "Statement": [*statements, location]}

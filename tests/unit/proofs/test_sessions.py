"""Isolation, mode and usefulness: proved for the real session policies, refuted with a witness for each defect."""

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.deployment.target import Target
from temp_access.iam.policy_json import escape
from temp_access.policies.access_modes import ACCESS_MODES, AccessMode
from temp_access.policies.session_policy import session_policy
from temp_access.proofs import Claim, ClaimStatus, prove_session_policy
from temp_access.proofs.custom_policy import read_custom_policy
from temp_access.proofs.sessions import SessionPolicyFactory
from temp_access.verify.live.self_test import Mutant, SelfTest
from tests.unit.support.planning import TARGET
from tests.unit.support.proving import change_templates, decide_claims, example, prove_example, unproved_claims

USEFUL = "usefulness: a read-write session can do everything its mode allows"
STAND_IN = "the-bucket-of-the-folders"
SEED: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::test",
            "Condition": {"StringLike": {"s3:prefix": ["$id/*", "$id"]}},
        },
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::test/$id"},
    ],
}


def mutants() -> list[Mutant]:
    """Return the self-test's mutants, with the stand-in for the example's bucket."""
    target: Target = replace(TARGET, bucket=STAND_IN)
    return list(SelfTest(example()[0], target, "run").mutants())


def moved(value: Any, old: str, new: str) -> Any:
    """Return a policy with the folder `new` in place of `old`, escaped where `old` is."""
    if isinstance(value, str):
        return value.replace(escape(old), escape(new)).replace(old, new)
    if isinstance(value, dict):
        return {key: moved(item, old, new) for key, item in value.items()}
    return [moved(item, old, new) for item in value] if isinstance(value, list) else value


def with_defect(mutant: Mutant) -> SessionPolicyFactory:
    """Return the compiler with the mutant's defect, for every folder."""

    def compiler(folder: str, access: AccessMode, *, bucket: str, partition: str) -> dict[str, Any] | None:
        policy = session_policy(mutant.grant.folder, access, bucket=bucket, partition=partition)
        assert mutant.mutate, f"{mutant.name}: the example doesn't show it"
        broken = mutant.mutate(deepcopy(policy))
        return None if broken is None else moved(broken, mutant.grant.folder, folder)

    return compiler


def test_everything_holds_for_the_example() -> None:
    """It uses the project's configuration, compiler and templates."""
    assert unproved_claims(prove_example()) == {}


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
def test_every_mutant_of_the_self_test_makes_a_proof_fail(mutant: Mutant) -> None:
    """With the mutant in the compiler, a claim is refuted and none is unknown."""
    statuses = unproved_claims(decide_claims("isolation", "mode", "usefulness", compiler=with_defect(mutant)))

    assert set(statuses.values()) == {ClaimStatus.REFUTED}


def test_a_policy_that_names_the_folder_as_one_object_is_useless() -> None:
    """`bucket/bob` instead of `bucket/bob/*` matches no object in bob/."""
    (mutant,) = [mutant for mutant in mutants() if mutant.name == "object ARN without /*"]

    claim = decide_claims(USEFUL, compiler=with_defect(mutant))[USEFUL]

    assert claim.witness
    assert (claim.status, claim.witness.folder) == (ClaimStatus.REFUTED, "bob")
    assert claim.witness.key
    assert claim.witness.key.startswith("bob/")
    assert claim.note == "the session reaches no object in the folder"


def seed_claims(path: Path, policy: dict[str, Any], assembly: Assembly | None = None) -> dict[str, Claim]:
    """Return the claims about a custom session policy."""
    path.write_text(json.dumps(policy), encoding="utf-8")
    config, templates = example()
    claims = prove_session_policy(config, assembly or templates, read_custom_policy(path), ACCESS_MODES["read-write"])
    return {claim.name.partition(":")[0]: claim for claim in claims}


def test_the_seed_policy_is_refuted_twice(tmp_path: Path) -> None:
    """The session for bob lists bobby/ and reaches no object in bob/."""
    claims = seed_claims(tmp_path / "seed.json", SEED)

    assert unproved_claims(claims) == {"isolation": ClaimStatus.REFUTED, "usefulness": ClaimStatus.REFUTED}
    isolation, usefulness = claims["isolation"].witness, claims["usefulness"].witness
    assert isolation
    assert usefulness
    assert (isolation.folder, isolation.prefix, isolation.other) == ("bob", "bob", "bobby")
    assert (usefulness.folder, claims["usefulness"].note) == ("bob", "the session reaches no object in the folder")


def test_the_corrected_seed_policy_is_proved(tmp_path: Path) -> None:
    """It has no bare prefix, and `/*` in the resource."""
    corrected = json.loads(json.dumps(SEED).replace(', "$id"]', "]").replace('test/$id"', 'test/$id/*"'))

    assert unproved_claims(seed_claims(tmp_path / "seed.json", corrected)) == {}


def test_a_compiler_with_an_exception_is_refuted_for_that_folder() -> None:
    """The proof for the placeholder doesn't cover a folder that the compiler treats differently."""

    def compiler(folder: str, access: AccessMode, *, bucket: str, partition: str) -> dict[str, Any]:
        written = session_policy(folder, access, bucket=bucket, partition=partition)
        return written if folder != "bob" else moved(written, "bob", "bobby")

    statuses = unproved_claims(decide_claims("isolation", "mode", "usefulness", compiler=compiler))

    assert statuses == {
        "isolation: a read-write session reaches nothing outside its folder": ClaimStatus.REFUTED,
        USEFUL: ClaimStatus.REFUTED,
    }


def test_a_listing_without_a_prefix_shows_everything(tmp_path: Path) -> None:
    """A policy that allows only listings without a prefix is refuted, although no prefix is allowed."""
    policy = deepcopy(SEED)
    policy["Statement"][0]["Condition"] = {"Null": {"s3:prefix": "true"}}

    claim = seed_claims(tmp_path / "seed.json", policy)["isolation"]

    assert claim.status is ClaimStatus.REFUTED
    assert claim.witness
    assert (claim.witness.action, claim.witness.prefix, claim.witness.folder) == ("s3:ListBucket", None, "bob")


@pytest.mark.parametrize(
    ("action", "resource", "prefix", "shown"),
    [
        ("s3:GetObject", "arn:aws:s3:::test/README.txt", None, "README.txt"),
        ("s3:GetObject", "arn:aws:s3:::test/日本/*", None, "日本/"),
        ("s3:ListBucket", "arn:aws:s3:::test", "日本*", "日本"),
    ],
)
def test_keys_that_no_grant_can_contain_are_outside_too(
    tmp_path: Path, action: str, resource: str, prefix: str | None, shown: str
) -> None:
    """They are at the root of the bucket, or in folders that access.toml refuses."""
    corrected = json.loads(json.dumps(SEED).replace(', "$id"]', "]").replace('test/$id"', 'test/$id/*"'))
    condition = {"Condition": {"StringLike": {"s3:prefix": prefix}}} if prefix else {}
    corrected["Statement"].append({"Effect": "Allow", "Action": action, "Resource": resource, **condition})

    claims = seed_claims(tmp_path / "seed.json", corrected)

    assert unproved_claims(claims) == {"isolation": ClaimStatus.REFUTED}
    witness = claims["isolation"].witness
    assert witness
    assert witness.folder == "bob"
    assert str(witness.prefix if prefix else witness.key).startswith(shown)


UPLOADS = {"Effect": "Allow", "Action": "s3:ListBucketMultipartUploads", "Resource": "arn:aws:s3:::test"}


def with_statement(path: Path, statement: dict[str, Any]) -> dict[str, Claim]:
    """Return the claims about the corrected seed policy with one more statement; the role allows its action."""
    corrected = json.loads(json.dumps(SEED).replace(', "$id"]', "]").replace('test/$id"', 'test/$id/*"'))
    corrected["Statement"].append(statement)
    assembly = change_templates(role=lambda role: role["Policies"][0]["PolicyDocument"]["Statement"].append(UPLOADS))
    return seed_claims(path / "seed.json", corrected, assembly)


@pytest.mark.parametrize("prefix", ["$id/*", "*"])
def test_listing_uploads_under_a_prefix_condition_grants_nothing(tmp_path: Path, prefix: str) -> None:
    """s3:ListBucketMultipartUploads never carries s3:prefix, so the statement never applies."""
    condition = {"StringLike": {"s3:prefix": prefix}}

    assert unproved_claims(with_statement(tmp_path, {**UPLOADS, "Condition": condition})) == {}


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"StringLikeIfExists": {"s3:prefix": "$id/*"}},
        {"StringNotLike": {"s3:prefix": "x"}},
        {"Null": {"s3:prefix": "true"}},
    ],
)
def test_listing_uploads_without_the_key_shows_the_whole_bucket(tmp_path: Path, condition: dict[str, Any]) -> None:
    """A condition that holds for an absent key doesn't limit s3:ListBucketMultipartUploads to the folder."""
    claims = with_statement(tmp_path, {**UPLOADS, "Condition": condition})

    assert unproved_claims(claims) == {"isolation": ClaimStatus.REFUTED}
    witness = claims["isolation"].witness
    assert witness
    assert (witness.action, witness.prefix) == ("s3:ListBucketMultipartUploads", None)

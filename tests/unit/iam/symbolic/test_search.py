"""A claim that times out, isn't modeled or is unknown isn't proved; the evaluator confirms every witness."""

from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.errors import UserError
from temp_access.iam.symbolic.replay import Disagreement
from temp_access.iam.symbolic.solver import Solver
from temp_access.proofs import Claim, ClaimStatus, prove_all
from temp_access.proofs.claim import exit_code
from tests.unit.support.proving import (
    add_statement,
    change_templates,
    decide_claims,
    example,
    prove_example,
    unproved_claims,
)

ISOLATION = "isolation: a read-write session reaches nothing outside its folder"
USEFUL = "usefulness: a read-write session can do everything its mode allows"
BUCKET = "no bypass: the bucket policy gives no session more than its session policy allows"
BOUNDARY = "arn:aws:iam::aws:policy/NotKeptAnywhere"
OBJECTS = "arn:aws:s3:::the-bucket-of-the-folders/*"


def allow(**more: Any) -> dict[str, Any]:
    """Return a statement of a bucket policy that allows everyone."""
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS, **more}


def test_a_timeout_is_unknown() -> None:
    """With a timeout of almost zero, only the claims that need no solver are proved."""
    claims = prove_example(timeout=1e-6)

    assert set(unproved_claims(claims).values()) == {ClaimStatus.UNKNOWN}
    assert {name for name, claim in claims.items() if claim.status is ClaimStatus.PROVED} == {
        "no overlap: the folders of two grants never overlap",
        "no chain: no session of one of these roles can assume another one",
    }
    assert "timed out" in claims[ISOLATION].note
    assert exit_code(claims.values()) == 3


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ([ClaimStatus.PROVED, ClaimStatus.PROVED], 0),
        ([ClaimStatus.PROVED, ClaimStatus.UNKNOWN], 3),
        ([ClaimStatus.UNKNOWN, ClaimStatus.REFUTED], 1),
        ([], 3),
    ],
)
def test_the_exit_code_is_that_of_the_worst_status(statuses: list[ClaimStatus], code: int) -> None:
    """Refuted is worse than unknown; without claims, nothing is proved."""
    assert exit_code([Claim("c", status) for status in statuses]) == code


def test_a_disagreement_with_the_evaluator_is_never_a_refutation(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the evaluator decides the request differently, one of the two is wrong, and the claim is unknown."""
    monkeypatch.setattr("temp_access.iam.symbolic.search.replay", lambda query, encoder, model, account: Disagreement())

    claim = decide_claims(BUCKET, assembly=change_templates(bucket=add_statement(allow())))[BUCKET]

    assert (claim.status, claim.witness) == (ClaimStatus.UNKNOWN, None)
    assert claim.note.startswith("internal disagreement")


def test_the_evaluator_detects_a_formula_without_the_deny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The replay detects a mistake in the formula itself."""
    monkeypatch.setattr("temp_access.iam.symbolic.conditions.case_insensitive", lambda solver, value: solver.union([]))
    deny = {**allow(), "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}

    claim = decide_claims(USEFUL, assembly=change_templates(bucket=add_statement(deny)))[USEFUL]

    assert claim.status is not ClaimStatus.REFUTED


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, ("aws:sourceip", "203.0.113.0")),
        ({"NumericLessThan": {"s3:max-keys": "10"}}, ("s3:max-keys", "9")),
        ({"NumericGreaterThan": {"s3:signatureAge": "86400000"}}, ("s3:signatureage", "86400001")),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-02"}}, ("aws:currenttime", "2026-01-01T00:00:00Z")),
        ({"ForAnyValue:StringLike": {"aws:CalledVia": "a*"}}, ("aws:calledvia", "ax")),
    ],
)
def test_likely_values_are_tried_for_an_unencoded_condition(condition: dict[str, Any], shown: tuple[str, str]) -> None:
    """The witness has a value that fulfills the condition."""
    claim = decide_claims(BUCKET, assembly=change_templates(bucket=add_statement(allow(Condition=condition))))[BUCKET]

    assert claim.status is ClaimStatus.REFUTED
    assert claim.witness
    assert claim.witness.context[shown[0]] == shown[1]


def test_contradictory_unencoded_conditions_leave_the_claim_unknown() -> None:
    """No address is in two disjoint networks, but without a formula this isn't proved."""
    condition = {
        "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
        "NotIpAddress": {"aws:SourceIp": "203.0.113.0/25"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["a"]},
        "ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a"]},
    }

    claim = decide_claims(BUCKET, assembly=change_templates(bucket=add_statement(allow(Condition=condition))))[BUCKET]

    assert claim.status is ClaimStatus.UNKNOWN
    assert "conditions that aren't modeled" in claim.note


def test_a_character_outside_the_solver_s_alphabet_leaves_the_claim_unknown() -> None:
    """The solver would read its escape sequence as literal characters."""
    claim = decide_claims(
        BUCKET, assembly=change_templates(bucket=add_statement(allow(Resource=f"{OBJECTS}\U000f0000")))
    )[BUCKET]

    assert claim.status is ClaimStatus.UNKNOWN
    assert "isn't modeled" in claim.note


def test_isolation_is_proved_despite_an_unknown_policy() -> None:
    """The session policy narrows whatever the unknown policy allows; but that policy may deny what is useful."""

    def attach(properties: dict[str, Any]) -> None:
        properties["ManagedPolicyArns"] = [BOUNDARY]

    claims = decide_claims(ISOLATION, USEFUL, assembly=change_templates(role=attach))

    assert claims[ISOLATION].status is ClaimStatus.PROVED
    assert (claims[USEFUL].status, BOUNDARY in claims[USEFUL].note) == (ClaimStatus.UNKNOWN, True)


def test_a_boundary_counts() -> None:
    """An unknown boundary leaves usefulness unknown; one that allows too little refutes it."""

    def bounded(arn: Any) -> Assembly:
        assembly = change_templates(role=lambda properties: properties.update(PermissionsBoundary=arn))
        statement = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        own = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
        assembly.templates["TempAccess"]["Resources"]["Own"] = own
        return assembly

    unknown, small = (decide_claims(ISOLATION, USEFUL, assembly=bounded(arn)) for arn in (BOUNDARY, {"Ref": "Own"}))

    assert (unknown[ISOLATION].status, unknown[USEFUL].status) == (ClaimStatus.PROVED, ClaimStatus.UNKNOWN)
    assert (small[ISOLATION].status, small[USEFUL].status) == (ClaimStatus.PROVED, ClaimStatus.REFUTED)
    witness = small[USEFUL].witness
    assert witness
    assert "permissions boundary" in witness.explanation


def test_without_cvc5_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra, so it may be missing."""
    import sys

    monkeypatch.setitem(sys.modules, "cvc5", None)

    with pytest.raises(UserError, match=r"needs the extra 'prove': pip install 'temp-access\[prove\]'"):
        Solver()


def test_templates_for_two_accounts_are_refused() -> None:
    """Otherwise every ARN would be new."""
    config, assembly = example()
    one, other = (Assembly(assembly.folder, assembly.templates, account) for account in ("1" * 12, "2" * 12))

    with pytest.raises(UserError, match="synthesize them for one"):
        prove_all(config, one, base=other)

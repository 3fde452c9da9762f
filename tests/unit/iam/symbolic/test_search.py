"""What counts as proved: never what timed out, isn't modeled, or isn't known; and no witness is shown unreplayed."""

from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.errors import UserError
from temp_access.iam.symbolic.solver import Solver
from temp_access.proofs import Claim, ClaimStatus, prove_all
from temp_access.proofs.claim import exit_code
from tests.unit.support.proving import also, changed, decided, example, not_proved, proved

ISOLATION = "isolation: a read-write session reaches nothing outside its folder"
USEFUL = "usefulness: a read-write session can do everything its mode allows"
BUCKET = "no bypass: the bucket policy gives no session more than its session policy allows"
BOUNDARY = "arn:aws:iam::aws:policy/NotKeptAnywhere"
OBJECTS = "arn:aws:s3:::the-bucket-of-the-folders/*"


def allow(**more: Any) -> dict[str, Any]:
    """Return a bucket policy's Allow for everybody."""
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS, **more}


def test_what_timed_out_is_unknown() -> None:
    """A limit that nothing can be decided in leaves nothing proved but what needs no solver."""
    claims = proved(timeout=1e-6)

    assert set(not_proved(claims).values()) == {ClaimStatus.UNKNOWN}
    assert {name for name, claim in claims.items() if claim.status is ClaimStatus.PROVED} == {
        "no overlap: the folders of two grants never overlap"
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
def test_the_exit_code_is_that_of_the_worst(statuses: list[ClaimStatus], code: int) -> None:
    """Refuted is worse than unknown; nothing asked is nothing proved."""
    assert exit_code([Claim("c", status) for status in statuses]) == code


def test_a_disagreement_with_the_evaluator_is_never_a_refutation(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the evaluator decides the found request otherwise, one of them is wrong, and nothing is known."""
    monkeypatch.setattr("temp_access.iam.symbolic.search.replay", lambda problem, encoder, answer, account: None)

    claim = decided(BUCKET, assembly=changed(bucket=also(allow())))[BUCKET]

    assert (claim.status, claim.witness) == (ClaimStatus.UNKNOWN, None)
    assert claim.note.startswith("internal disagreement")


def test_a_formula_that_forgets_the_deny_disagrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in the formula itself is noticed by the replay."""
    monkeypatch.setattr("temp_access.iam.symbolic.semantics.case_insensitive", lambda solver, value: solver.union([]))
    deny = {**allow(), "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}

    claim = decided(USEFUL, assembly=changed(bucket=also(deny)))[USEFUL]

    assert claim.status is not ClaimStatus.REFUTED


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, ("aws:sourceip", "203.0.113.0")),
        ({"NumericLessThan": {"s3:max-keys": "10"}}, ("s3:max-keys", "9")),
        ({"NumericGreaterThan": {"s3:signatureAge": "86400000"}}, ("s3:signatureage", "86400001")),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-02"}}, ("aws:currenttime", "2026-01-01T00:00:00+00:00")),
        ({"ForAnyValue:StringLike": {"aws:CalledVia": "a*"}}, ("aws:calledvia", "ax")),
    ],
)
def test_a_condition_without_a_formula_is_tried_out(condition: dict[str, Any], shown: tuple[str, str]) -> None:
    """A value that fulfils it is looked for among the likely ones."""
    claim = decided(BUCKET, assembly=changed(bucket=also(allow(Condition=condition))))[BUCKET]

    assert claim.status is ClaimStatus.REFUTED
    assert claim.witness
    assert claim.witness.context[shown[0]] == shown[1]


def test_conditions_that_nothing_fulfils_but_no_formula_says_so_leave_it_unknown() -> None:
    """An address in two networks that are apart: no value is found, and none is claimed not to exist."""
    condition = {
        "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
        "NotIpAddress": {"aws:SourceIp": "203.0.113.0/25"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["a"]},
        "ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a"]},
    }

    claim = decided(BUCKET, assembly=changed(bucket=also(allow(Condition=condition))))[BUCKET]

    assert claim.status is ClaimStatus.UNKNOWN
    assert "conditions that aren't modeled" in claim.note


def test_a_character_that_the_solver_doesnt_know_leaves_it_unknown() -> None:
    """It would be taken for the six letters of its escape."""
    claim = decided(BUCKET, assembly=changed(bucket=also(allow(Resource=f"{OBJECTS}\U000f0000"))))[BUCKET]

    assert claim.status is ClaimStatus.UNKNOWN
    assert "isn't modeled" in claim.note


def test_isolation_doesnt_need_a_policy_that_isnt_known() -> None:
    """Whatever a managed policy allows the role, the session policy narrows it; usefulness may be denied by it."""

    def attach(properties: dict[str, Any]) -> None:
        properties["ManagedPolicyArns"] = [BOUNDARY]

    claims = decided(ISOLATION, USEFUL, assembly=changed(role=attach))

    assert claims[ISOLATION].status is ClaimStatus.PROVED
    assert (claims[USEFUL].status, BOUNDARY in claims[USEFUL].note) == (ClaimStatus.UNKNOWN, True)


def test_a_boundary_counts() -> None:
    """One that isn't known leaves usefulness open; one that allows too little refutes it."""

    def bounded(arn: Any) -> Assembly:
        assembly = changed(role=lambda properties: properties.update(PermissionsBoundary=arn))
        statement = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        own = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
        assembly.templates["TempAccess"]["Resources"]["Own"] = own
        return assembly

    unknown, small = (decided(ISOLATION, USEFUL, assembly=bounded(arn)) for arn in (BOUNDARY, {"Ref": "Own"}))

    assert (unknown[ISOLATION].status, unknown[USEFUL].status) == (ClaimStatus.PROVED, ClaimStatus.UNKNOWN)
    assert (small[ISOLATION].status, small[USEFUL].status) == (ClaimStatus.PROVED, ClaimStatus.REFUTED)
    witness = small[USEFUL].witness
    assert witness
    assert "permissions boundary" in witness.explanation


def test_without_cvc5_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra, so it may be missing."""
    import sys

    monkeypatch.setitem(sys.modules, "cvc5", None)

    with pytest.raises(UserError, match=r"needs the extra 'prove': pip install 'temp-access\[prove\]'"):
        Solver()


def test_templates_for_two_accounts_are_refused() -> None:
    """Every ARN would be new."""
    config, assembly = example()
    one, other = (Assembly(assembly.folder, assembly.templates, account) for account in ("1" * 12, "2" * 12))

    with pytest.raises(UserError, match="synthesize them for one"):
        prove_all(config, one, base=other)

"""Published cases on which an earlier prover was wrong; their inputs are in tests/data/cases/engine."""

from pathlib import Path

from temp_access.policies.access_modes import ACCESS_MODES
from temp_access.proofs import Claim, ClaimStatus, prove_session_policy
from temp_access.proofs.custom_policy import read_custom_policy
from tests.unit.support.proving import example, unproved_claims

CASES = Path(__file__).parents[2] / "data" / "cases" / "engine"


def session_claims(case: str, mode: str) -> dict[str, Claim]:
    """Return the claims about the case's session policy by their first word."""
    policy = read_custom_policy(CASES / case / "policy.json")
    return {
        claim.name.partition(":")[0]: claim for claim in prove_session_policy(*example(), policy, ACCESS_MODES[mode])
    }


def test_the_folder_in_the_default_of_a_variable() -> None:
    """A session without the tag may write into its folder, because the variable has the folder as its default.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-default-values
    """
    claims = session_claims("01-proof-marker-in-default", "read")

    # No escape is undone in a default: the session for b*/ may write into b${*}/.
    assert unproved_claims(claims) == {"isolation": ClaimStatus.REFUTED, "mode": ClaimStatus.REFUTED}
    witness = claims["mode"].witness
    assert witness
    assert (witness.action, witness.folder) == ("s3:PutObject", "bob")

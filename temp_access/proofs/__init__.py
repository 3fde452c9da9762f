"""Proofs about the policies, for all ids, keys and requests instead of samples of them."""

from temp_access.iam.symbolic.queries import Witness
from temp_access.proofs.claim import Claim, ClaimStatus
from temp_access.proofs.run import prove_all, prove_session_policy

__all__ = ["Claim", "ClaimStatus", "Witness", "prove_all", "prove_session_policy"]

"""Proofs about the policies: for all ids, keys and requests, not for samples of them."""

from temp_access.policy.prove.claim import Claim, ClaimStatus, Witness
from temp_access.policy.prove.run import prove_all, prove_session_policy

__all__ = ["Claim", "ClaimStatus", "Witness", "prove_all", "prove_session_policy"]

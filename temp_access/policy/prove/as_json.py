"""Claims as programs read them, and what no claim is about."""

from collections.abc import Iterable
from typing import Any

from temp_access.policy.prove.claim import Claim, Witness

NOT_MODELLED = (
    "not modelled: SCPs and RCPs, ACLs, access points, VPC endpoint policies, "
    "multivalued condition keys; docs/proofs.md says what that means"
)


def as_json(claims: Iterable[Claim]) -> dict[str, Any]:
    """Return the claims as JSON has them."""
    return {
        "claims": [
            {
                "name": claim.name,
                "status": claim.status.value,
                "seconds": round(claim.seconds, 3),
                "note": claim.note or None,
                "witness": _witness(claim.witness) if claim.witness else None,
            }
            for claim in claims
        ],
        "not_modelled": NOT_MODELLED,
    }


def _witness(witness: Witness) -> dict[str, Any]:
    return {
        "words": witness.words,
        "principal": witness.principal,
        "action": witness.action,
        "resource": witness.resource,
        "folder": witness.folder,
        "other": witness.other,
        "key": witness.key,
        "prefix": witness.prefix,
        "context": {k: v if isinstance(v, str) else list(v) for k, v in witness.context.items()},
        "why": witness.why,
    }

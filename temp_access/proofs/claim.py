"""Claim, Status; from searches to a status; JSON."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from temp_access.iam.symbolic.queries import Deadline, QueryFactory, Witness
from temp_access.iam.symbolic.search import search


class ClaimStatus(StrEnum):
    """What is known of a claim; `unknown` includes timed out, and never counts as proved."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim with its status, the time that it took, and what a reader should know about it."""

    name: str
    status: ClaimStatus
    witness: Witness | None = None
    seconds: float = 0.0
    note: str = ""


def exit_code(claims: Iterable[Claim]) -> int:
    """Return 0 all proved, 1 a claim is refuted, 3 none is and something is unknown (or nothing was asked)."""
    found = {claim.status for claim in claims}
    if ClaimStatus.REFUTED in found:
        return 1
    return 0 if found == {ClaimStatus.PROVED} else 3


def decide_claim(
    name: str, makes: Iterable[QueryFactory], account: str, deadline: Deadline, folders: Sequence[str | None] = (None,)
) -> Claim:
    """Return the claim that none of the requests exists, for any folder (None) or for each of `folders`."""
    whys: list[str] = []
    wanted = list(makes)
    for folder in folders:
        for make in wanted:
            found = search(make, account, deadline, folder)
            if found.witness:
                return Claim(name, ClaimStatus.REFUTED, found.witness, note=found.note)
            if not found.nothing:
                whys.append(found.why)
    if whys:
        return Claim(name, ClaimStatus.UNKNOWN, note="; ".join(dict.fromkeys(whys)))
    return Claim(name, ClaimStatus.PROVED)


def with_note(claim: Claim, more: str) -> Claim:
    """Return the claim with `more` in its note."""
    return replace(claim, note="; ".join(filter(None, [claim.note, more])))


def downgrade(claim: Claim, why: str) -> Claim:
    """Return the claim with `why` in its note, and unknown if it was proved."""
    status = ClaimStatus.UNKNOWN if claim.status is ClaimStatus.PROVED else claim.status
    return replace(with_note(claim, why), status=status)


def with_timing(claim: Claim, started: float) -> Claim:
    """Return the claim with the seconds since `started`."""
    return replace(claim, seconds=time.monotonic() - started)


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

"""A claim, the search that decides it, and its form as JSON."""

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from temp_access.iam.symbolic.patterns import FOLDER_MARK
from temp_access.iam.symbolic.queries import Deadline, QueryFactory, Witness
from temp_access.iam.symbolic.search import search


class ClaimStatus(StrEnum):
    """The status of a claim; `unknown` includes a timeout, and never counts as proved."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim with its status, its witness if it is refuted, the seconds it took, and a note for the reader.

    With `only_unread`, it would be proved if the templates had nothing that isn't read.
    """

    name: str
    status: ClaimStatus
    witness: Witness | None = None
    seconds: float = 0.0
    note: str = ""
    only_unread: bool = False


@dataclass(frozen=True)
class PendingClaim:
    """A claim that isn't decided yet; `search` decides it before a deadline, or (True) only looks for a witness."""

    name: str
    search: Callable[[Deadline, bool], Claim]

    def decide(self, deadline: Deadline, *, only_refute: bool = False) -> Claim:
        """Return the decided claim; with `only_refute`, it is unknown unless it is refuted."""
        return self.search(deadline, only_refute)


def pending(name: str, account: str, queries: Callable[[], Iterable[QueryFactory]]) -> PendingClaim:
    """Return the claim that none of the requests is possible; `queries` are made when it is decided."""
    return PendingClaim(
        name, lambda deadline, only_refute: decide_claim(name, queries(), account, deadline, only_refute=only_refute)
    )


def exit_code(claims: Iterable[Claim]) -> int:
    """Return 0 if all are proved, 1 if one is refuted, 3 if one is unknown or there are no claims."""
    statuses = {claim.status for claim in claims}
    if ClaimStatus.REFUTED in statuses:
        return 1
    return 0 if statuses == {ClaimStatus.PROVED} else 3


def decide_claim(
    name: str,
    queries: Iterable[QueryFactory],
    account: str,
    deadline: Deadline,
    folders: Sequence[str | None] = (None,),
    *,
    only_refute: bool = False,
) -> Claim:
    """Return the claim that none of the requests is possible, for any folder (None) or for each of `folders`.

    With `only_refute`, the claim is unknown unless it is refuted: that takes less time.
    """
    reasons: list[str] = []
    factories = list(queries)
    for folder in folders:
        for make in factories:
            result = search(make, account, deadline, folder, only_refute=only_refute or bool(reasons))
            if result.witness:
                return Claim(name, ClaimStatus.REFUTED, result.witness, note=result.note)
            if not (result.proved or only_refute or reasons):
                reasons.append(result.reason)
    if reasons or only_refute:
        # A policy has $id where the formulas have a placeholder.
        note = re.sub(rf"{FOLDER_MARK}[^»]*»", "$id", "; ".join(dict.fromkeys(reasons)))
        return Claim(name, ClaimStatus.UNKNOWN, note=note)
    return Claim(name, ClaimStatus.PROVED)


def with_note(claim: Claim, note: str) -> Claim:
    """Return the claim with `note` added to its note."""
    return replace(claim, note="; ".join(filter(None, [claim.note, note])))


def downgrade(claim: Claim, reason: str) -> Claim:
    """Return the claim with `reason` in its note, and unknown because of what isn't read if it was proved."""
    proved = claim.status is ClaimStatus.PROVED
    status = ClaimStatus.UNKNOWN if proved else claim.status
    return replace(with_note(claim, reason), status=status, only_unread=proved)


def with_timing(claim: Claim, started: float) -> Claim:
    """Return the claim with the seconds that passed since `started`."""
    return replace(claim, seconds=time.monotonic() - started)


NOT_MODELED = (
    "not modeled: SCPs and RCPs, ACLs, access points, VPC endpoint policies, "
    "multivalued condition keys; docs/proofs.md explains what that means"
)


def as_json(claims: Iterable[Claim]) -> dict[str, Any]:
    """Return the JSON form of the claims."""
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
        "not_modelled": NOT_MODELED,
    }


def _witness(witness: Witness) -> dict[str, Any]:
    return {
        "words": witness.description,
        "principal": witness.principal,
        "action": witness.action,
        "resource": witness.resource,
        "folder": witness.folder,
        "other": witness.other,
        "key": witness.key,
        "prefix": witness.prefix,
        "context": {k: v if isinstance(v, str) else list(v) for k, v in witness.shown_context.items()},
        "why": witness.explanation,
    }

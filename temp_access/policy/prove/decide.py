"""From searches to a claim's status."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from temp_access.policy.prove.claim import Claim, ClaimStatus
from temp_access.policy.prove.problem import Deadline, QueryFactory
from temp_access.policy.prove.search import search


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

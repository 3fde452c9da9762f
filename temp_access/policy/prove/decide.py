"""From searches to a claim's status."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from temp_access.policy.prove.claim import Claim, Status
from temp_access.policy.prove.problem import Deadline, Make
from temp_access.policy.prove.search import search


def decide(
    name: str, makes: Iterable[Make], account: str, deadline: Deadline, folders: Sequence[str | None] = (None,)
) -> Claim:
    """Return the claim that none of the requests exists, for any folder (None) or for each of `folders`."""
    whys: list[str] = []
    wanted = list(makes)
    for folder in folders:
        for make in wanted:
            found = search(make, account, deadline, folder)
            if found.witness:
                return Claim(name, Status.REFUTED, found.witness, note=found.note)
            if not found.nothing:
                whys.append(found.why)
    if whys:
        return Claim(name, Status.UNKNOWN, note="; ".join(dict.fromkeys(whys)))
    return Claim(name, Status.PROVED)


def noted(claim: Claim, more: str) -> Claim:
    """Return the claim with `more` in its note."""
    return replace(claim, note="; ".join(filter(None, [claim.note, more])))


def doubted(claim: Claim, why: str) -> Claim:
    """Return the claim with `why` in its note, and unknown if it was proved."""
    status = Status.UNKNOWN if claim.status is Status.PROVED else claim.status
    return replace(noted(claim, why), status=status)


def timed(claim: Claim, started: float) -> Claim:
    """Return the claim with the seconds since `started`."""
    return replace(claim, seconds=time.monotonic() - started)

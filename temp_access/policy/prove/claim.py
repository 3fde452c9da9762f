"""What a proof is about, and what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ClaimStatus(StrEnum):
    """What is known of a claim; `unknown` includes timed out, and never counts as proved."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that refutes a claim, already replayed through the evaluator.

    `folder` is the session's, `other` the one that it reaches; `why` is what the evaluator said. `key` and
    `prefix` are None where the request has none.
    """

    words: str
    principal: str
    action: str
    resource: str
    folder: str | None = None
    other: str | None = None
    key: str | None = None
    prefix: str | None = None
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    why: str = ""


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

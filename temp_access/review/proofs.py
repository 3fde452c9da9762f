"""The proofs about both sides, where the extra `prove` is installed, and what they find that the comparison didn't."""

from dataclasses import dataclass

from temp_access.errors import UserError
from temp_access.policy.prove.claim import Claim, Status
from temp_access.review.model import Cause, Change, Direction, Review
from temp_access.review.place import Place
from temp_access.review.side import Side

_NEW = "no new access"


@dataclass(frozen=True, slots=True)
class Proofs:
    """The claims, or why there are none."""

    claims: tuple[Claim, ...] = ()
    why_not: str = ""

    def count(self, status: Status) -> int:
        """Return how many claims have `status`."""
        return sum(claim.status is status for claim in self.claims)


def prove(base: Side, head: Side, timeout: float) -> Proofs:
    """Return the claims about head's templates, and that they allow nothing that base's don't."""
    # Imported here, so that a review without proofs doesn't pay for them.
    from temp_access.policy.prove import prove_all

    try:
        claims = prove_all(head.config, head.assembly, base=base.assembly, timeout=timeout)
    except UserError as error:
        return Proofs(why_not=str(error))
    return Proofs(claims)


def with_witnesses(review: Review, proofs: Proofs) -> Review:
    """Return the review; one that tells of no new access gets the witnesses against that."""
    if review.headline in (Direction.BROADENED, Direction.BOTH):
        return review
    place = Place(words="temp-access prove says what it knows of it")
    found = tuple(
        Change(
            "whoever the proof names",
            Direction.BROADENED,
            claim.witness.words,
            Cause(f"refuted: {claim.name}", (place,)),
        )
        for claim in proofs.claims
        if claim.status is Status.REFUTED and claim.name.startswith(_NEW) and claim.witness
    )
    return Review((*review.changes, *found))

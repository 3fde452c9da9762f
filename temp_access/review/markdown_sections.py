"""What stands below the changes: lint findings, proofs, the last verification."""

from collections.abc import Iterator

from temp_access.policy.prove.as_json import NOT_MODELLED
from temp_access.policy.prove.claim import Claim, ClaimStatus
from temp_access.review.linted import LintDelta
from temp_access.review.proofs import ProofResults
from temp_access.review.verified import LastVerification
from temp_access.verify.report.markdown_escape import code, escape

_STATUS = {ClaimStatus.PROVED: "✅", ClaimStatus.REFUTED: "❌", ClaimStatus.UNKNOWN: "⚠️"}
SCOPE = "About the templates, for all ids and keys; what each grant is sent is compared above."

# A comment has to have room for the changes.
_MOST = 20
UNMODELLED = NOT_MODELLED[0].upper() + NOT_MODELLED[1:]


def lint_section(linted: LintDelta | None) -> Iterator[str]:
    """Yield what lint has against head and hadn't against base."""
    if linted and linted.new:
        yield "\n### Lint\n"
        for finding, place in linted.new[:_MOST]:
            yield f"- ⚠️ new: {code(finding.rule)}: {code(finding.message)}"
            yield f"  - {code(str(place))}"
        yield from _left_out(len(linted.new))


def proofs_section(proofs: ProofResults | None) -> Iterator[str]:
    """Yield each claim with what came of it."""
    if proofs is None:
        return
    yield "\n### Proofs\n"
    if proofs.why_not:
        yield f"Nothing was proved: {code(proofs.why_not)}"
        return
    yield f"{SCOPE} {escape(UNMODELLED)}.\n"
    yield "| claim | |"
    yield "| --- | --- |"
    for claim in proofs.claims:
        more = f": {code(claim_words(claim))}" if claim_words(claim) else ""
        yield f"| {escape(claim.name)} | {_STATUS[claim.status]} {claim.status}{more} |"


def claim_words(claim: Claim) -> str:
    """Return a claim's witness and note in words."""
    return "; ".join(filter(None, [claim.witness.words if claim.witness else "", claim.note]))


def verification_section(verified: LastVerification | None) -> Iterator[str]:
    """Yield what the last verification found, and of which access.toml."""
    if verified is None:
        return
    yield "\n### The last verification\n"
    where = f"bucket {code(verified.bucket)} in {escape(verified.region)}, run {code(verified.run)}"
    yield f"{verified.counts}; it is about {escape(verified.about)}, {where}."
    if verified.open:
        yield ""
    for probe in verified.open[:_MOST]:
        yield f"- {probe.verdict}: {code(probe.group)}: {escape(probe.title)}: {code(probe.observed)}"
    yield from _left_out(len(verified.open))


def _left_out(there: int) -> Iterator[str]:
    if there > _MOST:
        yield f"- … and {there - _MOST} more, which the JSON has"

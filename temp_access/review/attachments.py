"""New lint findings, proof results, last verification."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temp_access.cfn.source_location import SourceLocation
from temp_access.errors import UserError
from temp_access.lint.findings import findings
from temp_access.lint.model import Finding
from temp_access.proofs.claim import Claim, ClaimStatus
from temp_access.review.locations import locate_construct
from temp_access.review.model import Cause, Change, Direction, Review
from temp_access.review.snapshot import Snapshot
from temp_access.terminal_text import redact
from temp_access.verify.probes import Verdict

_Key = tuple[str, str, str, str]
# Lint writes references as the logical id in angle brackets.
_LOGICAL_ID = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class LintDelta:
    """New findings with their places, and how many are as before and gone."""

    new: tuple[tuple[Finding, SourceLocation], ...]
    old: int
    gone: int


def lint_delta(base: Snapshot, head: Snapshot) -> LintDelta:
    """Return the findings of both sides; one of a resource that was only renamed is as before."""
    before, there = Counter(map(_key, findings(base.assembly))), findings(head.assembly)
    left = before - Counter(map(_key, there))
    new: list[Finding] = []
    for finding in there:
        if before[_key(finding)]:
            before[_key(finding)] -= 1
        else:
            new.append(finding)
    renamed = Counter(_without_names(key) for key in left.elements())
    kept = []
    for finding in new:
        if renamed[_without_names(_key(finding))]:
            renamed[_without_names(_key(finding))] -= 1
        else:
            kept.append((finding, locate_construct(head, finding.template, finding.logical_id)))
    return LintDelta(tuple(kept), len(there) - len(kept), renamed.total())


def _key(finding: Finding) -> _Key:
    return (finding.rule, finding.message, finding.template, finding.logical_id)


def _without_names(key: _Key) -> tuple[str, str]:
    return key[0], _LOGICAL_ID.sub("<>", key[1])


_NEW = "no new access"


@dataclass(frozen=True, slots=True)
class ProofResults:
    """The claims, or why there are none."""

    claims: tuple[Claim, ...] = ()
    why_not: str = ""

    def count(self, status: ClaimStatus) -> int:
        """Return how many claims have `status`."""
        return sum(claim.status is status for claim in self.claims)


def prove(base: Snapshot, head: Snapshot, timeout: float) -> ProofResults:
    """Return the claims about head's templates, and that they allow nothing that base's don't."""
    # Imported here, so that a review without proofs doesn't pay for them.
    from temp_access.proofs import prove_all

    try:
        claims = prove_all(head.config, head.assembly, base=base.assembly, timeout=timeout)
    except UserError as error:
        return ProofResults(why_not=str(error))
    return ProofResults(claims)


def add_witnesses(review: Review, proofs: ProofResults) -> Review:
    """Return the review; one that tells of no new access gets the witnesses against that."""
    if review.headline in (Direction.BROADENED, Direction.BOTH):
        return review
    place = SourceLocation(description="temp-access prove says what it knows of it")
    found = tuple(
        Change(
            "whoever the proof names",
            Direction.BROADENED,
            claim.witness.words,
            Cause(f"refuted: {claim.name}", (place,)),
        )
        for claim in proofs.claims
        if claim.status is ClaimStatus.REFUTED and claim.name.startswith(_NEW) and claim.witness
    )
    return Review((*review.changes, *found))


@dataclass(frozen=True, slots=True)
class ProbeSummary:
    """One probe and what came of it."""

    group: str
    title: str
    verdict: Verdict
    observed: str


@dataclass(frozen=True, slots=True)
class LastVerification:
    """All probes of one run; `about` says whose access.toml was verified, and `of_head` whether it is head's."""

    account: str
    region: str
    bucket: str
    run: str
    about: str
    of_head: bool
    probes: tuple[ProbeSummary, ...]

    @property
    def open(self) -> tuple[ProbeSummary, ...]:
        """The probes that didn't pass."""
        return tuple(probe for probe in self.probes if probe.verdict is not Verdict.PASSED)

    @property
    def groups(self) -> dict[str, Counter[Verdict]]:
        """How many probes of each group ended how."""
        found: dict[str, Counter[Verdict]] = {}
        for probe in self.probes:
            found.setdefault(probe.group, Counter())[probe.verdict] += 1
        return found

    @property
    def counts(self) -> str:
        """How the probes ended, in words."""
        counts = Counter(probe.verdict for probe in self.probes)
        return f"{len(self.probes)} probes: " + ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)


def read_verification(path: Path, base: Snapshot, head: Snapshot) -> LastVerification:
    """Return what `temp-access verify --json` wrote to `path`; raises UserError if it is anything else."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(report, dict) or report.get("schema") != 1:
            raise ValueError("its schema isn't 1")
        digest = report["config_digest"]
        return LastVerification(
            account=_text(report, "account"),
            region=_text(report, "region"),
            bucket=_text(report, "bucket"),
            run=_text(report, "run"),
            about=_about(digest, base, head),
            of_head=digest == head.config.digest,
            probes=tuple(_probe(probe) for probe in report["probes"]),
        )
    except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise UserError(f"{path}: isn't a report of `temp-access verify --json` ({error}); write it anew") from None


def _probe(probe: dict[str, Any]) -> ProbeSummary:
    observed = redact(_text(probe, "observed"))
    return ProbeSummary(_text(probe, "group"), _text(probe, "title"), Verdict(probe["verdict"]), observed)


def _text(values: dict[str, Any], name: str) -> str:
    if not isinstance(values[name], str):
        raise TypeError(f"its {name} isn't a text")
    return str(values[name])


def _about(digest: object, base: Snapshot, head: Snapshot) -> str:
    if digest == head.config.digest:
        return "the access.toml of this change"
    if digest == base.config.digest:
        return "the access.toml from before this change"
    return "another access.toml than either of these"

"""What a report shows beside the changes: new lint findings, proofs, and the last verification."""

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from temp_access.cfn.source_location import SourceLocation
from temp_access.errors import UserError
from temp_access.files import MAX_OBJECT_SIZE, read_bounded_text
from temp_access.lint.findings import findings
from temp_access.lint.model import UNDECIDED, Finding
from temp_access.proofs.claim import Claim, ClaimStatus
from temp_access.review.locations import locate_construct
from temp_access.review.model import Cause, Change, Direction, Review, Unknown, broadens, counted
from temp_access.review.snapshot import Snapshot
from temp_access.review.witnesses import with_words
from temp_access.terminal_text import redact
from temp_access.verify.probes import Verdict

_Key = tuple[str, str, str, str, str]
# Lint writes references as the logical id in angle brackets.
_LOGICAL_ID = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class LintDelta:
    """New findings with their locations, and the numbers of unchanged and resolved ones."""

    new: tuple[tuple[Finding, SourceLocation], ...]
    unchanged: int
    resolved: int

    @property
    def undecided(self) -> int:
        """The number of new findings that say what lint can't decide."""
        return sum(finding.severity == UNDECIDED for finding, _ in self.new)


def lint_delta(base: Snapshot, head: Snapshot) -> LintDelta:
    """Return the difference between the findings of both snapshots; a finding on a renamed resource isn't new."""
    before, after = Counter(map(_key, findings(base.assembly))), findings(head.assembly)
    only_base = before - Counter(map(_key, after))
    only_head: list[Finding] = []
    for finding in after:
        if before[_key(finding)]:
            before[_key(finding)] -= 1
        else:
            only_head.append(finding)
    renamed = Counter(_without_names(key) for key in only_base.elements())
    new = []
    for finding in only_head:
        if renamed[_without_names(_key(finding))]:
            renamed[_without_names(_key(finding))] -= 1
        else:
            new.append((finding, locate_construct(head, finding.template, finding.logical_id)))
    return LintDelta(tuple(new), len(after) - len(new), renamed.total())


def _key(finding: Finding) -> _Key:
    return (finding.rule, finding.severity, finding.message, finding.template, finding.logical_id)


def _without_names(key: _Key) -> tuple[str, str, str]:
    rule, severity, message, *_ = key
    return rule, severity, _LOGICAL_ID.sub("<>", message)


_NEW = "no new access"


@dataclass(frozen=True, slots=True)
class ProofResults:
    """The claims, or the reason why nothing was proved."""

    claims: tuple[Claim, ...] = ()
    skip_reason: str = ""

    def count(self, status: ClaimStatus) -> int:
        """Return the number of claims with `status`."""
        return sum(claim.status is status for claim in self.claims)


def prove(base: Snapshot, head: Snapshot, timeout: float) -> ProofResults:
    """Return the claims about head's templates, with those that they allow nothing that base's don't."""
    # Imported here, because a review without proofs doesn't need the solver.
    from temp_access.proofs import prove_all

    try:
        claims = prove_all(head.config, head.assembly, base=base.assembly, timeout=timeout)
    except UserError as error:
        return ProofResults(skip_reason=str(error))
    return ProofResults(tuple(with_words(claim, base, head) for claim in claims))


def add_proofs(review: Review, proofs: ProofResults) -> Review:
    """Return the review with what the claims of no new access add to it.

    A claim that isn't decided is something that the review can't tell, unless it only depends on what isn't read,
    which the review compares by itself. The witness of a refuted claim is a change, if there is none that broadens.
    """
    location = SourceLocation(description="see temp-access prove --base")
    changes = tuple(
        Change(
            "the principal that the proof names",
            Direction.BROADENED,
            claim.witness.description,
            Cause(f"refuted: {claim.name}", (location,)),
        )
        for claim in proofs.claims
        if claim.status is ClaimStatus.REFUTED and claim.name.startswith(_NEW) and claim.witness
    )
    if broadens(review.headline):
        changes = ()
    unknown = [
        Unknown(f"it isn't proved that there is {claim.name}: {claim.note or 'the proof found no result'}", (location,))
        for claim in proofs.claims
        if claim.status is ClaimStatus.UNKNOWN and claim.name.startswith(_NEW) and not claim.only_unread
    ]
    if proofs.skip_reason:
        unknown = [Unknown(f"nothing was proved: {proofs.skip_reason}")]
    return replace(review, changes=(*review.changes, *changes), unknown=(*review.unknown, *unknown))


@dataclass(frozen=True, slots=True)
class ProbeSummary:
    """One probe and its result."""

    group: str
    title: str
    verdict: Verdict
    observed: str


@dataclass(frozen=True, slots=True)
class LastVerification:
    """All probes of one run; `config_source` says which access.toml it verified, `matches_head` if head's."""

    account: str
    region: str
    bucket: str
    run: str
    config_source: str
    matches_head: bool
    probes: tuple[ProbeSummary, ...]

    @property
    def not_passed(self) -> tuple[ProbeSummary, ...]:
        """The probes that didn't pass."""
        return tuple(probe for probe in self.probes if probe.verdict is not Verdict.PASSED)

    @property
    def groups(self) -> dict[str, Counter[Verdict]]:
        """The number of probes for each verdict, by group."""
        groups: dict[str, Counter[Verdict]] = {}
        for probe in self.probes:
            groups.setdefault(probe.group, Counter())[probe.verdict] += 1
        return groups

    @property
    def counts(self) -> str:
        """The numbers of probes and verdicts, in words."""
        counts = Counter(probe.verdict for probe in self.probes)
        return f"{counted(len(self.probes), 'probe')}: " + ", ".join(
            f"{counts[verdict]} {verdict}" for verdict in Verdict
        )


def read_verification(path: Path, base: Snapshot, head: Snapshot) -> LastVerification:
    """Return the report that `temp-access verify --json` wrote to `path`; raises UserError for any other file."""
    try:
        report = json.loads(read_bounded_text(path, MAX_OBJECT_SIZE, "utf-8"))
        if not isinstance(report, dict) or report.get("schema") != 1:
            raise ValueError("its schema isn't 1")
        # Reports from before there were borrowers have no digest of grants with them.
        digests = report["config_digest"], report.get("grants_digest", "")
        return LastVerification(
            account=_string(report, "account"),
            region=_string(report, "region"),
            bucket=_string(report, "bucket"),
            run=_string(report, "run"),
            config_source=_config_source(digests, base, head),
            matches_head=digests == _digests(head),
            probes=tuple(_probe(probe) for probe in report["probes"]),
        )
    except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise UserError(
            f"{path}: isn't a report of `temp-access verify --json` ({error}); name a file that it wrote"
        ) from None


def _probe(probe: dict[str, Any]) -> ProbeSummary:
    observed = redact(_string(probe, "observed"))
    return ProbeSummary(_string(probe, "group"), _string(probe, "title"), Verdict(probe["verdict"]), observed)


def _string(values: dict[str, Any], name: str) -> str:
    if not isinstance(values[name], str):
        raise TypeError(f"its {name} isn't a string")
    return str(values[name])


def _digests(snapshot: Snapshot) -> tuple[str, str]:
    return snapshot.config.digest, snapshot.config.grants_digest


def _config_source(digests: tuple[object, object], base: Snapshot, head: Snapshot) -> str:
    if digests == _digests(head):
        return "the access.toml of this change"
    if digests == _digests(base):
        return "the access.toml from before this change"
    return "another access.toml"

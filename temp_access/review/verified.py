"""The last verification's JSON report, and what it is about."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temp_access.errors import UserError
from temp_access.review.side import Snapshot
from temp_access.verify.model import Verdict
from temp_access.verify.report.redact import redact


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

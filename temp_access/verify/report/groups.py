"""The results by group, as every report shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from temp_access.verify.about import group_summary
from temp_access.verify.model import Result, Verdict, VerificationReport

MOST_GROUPS = 100


@dataclass(frozen=True, slots=True)
class Group:
    """The results of the probes of one group, in the order of the report."""

    name: str
    results: tuple[Result, ...]

    def count(self, verdict: Verdict) -> int:
        """Return how many of the group's probes ended with `verdict`."""
        return sum(result.verdict is verdict for result in self.results)

    @property
    def verdict(self) -> Verdict:
        """Failed if one probe failed, else inconclusive if one is, else passed."""
        worst = (Verdict.FAILED, Verdict.INCONCLUSIVE)
        return next((verdict for verdict in worst if self.count(verdict)), Verdict.PASSED)

    @property
    def statement(self) -> str:
        """One line that says what holds, with a word that needs no colour beside it."""
        passed, total = self.count(Verdict.PASSED), len(self.results)
        if passed == total:
            return f"ok: {group_summary(self.name, (result.probe for result in self.results)) or 'all hold'}"
        return f"{self.verdict.upper()}: {passed} of {total} hold"


def grouped(report: VerificationReport) -> tuple[Group, ...]:
    """Return the groups in the order in which they first appear."""
    groups: dict[str, list[Result]] = {}
    for result in report.results:
        groups.setdefault(result.probe.group, []).append(result)
    return tuple(Group(name, tuple(results)) for name, results in groups.items())


def shorten(groups: Sequence[Group], most: int = MOST_GROUPS) -> tuple[list[Group], Group | None]:
    """Return at most `most` groups, those with something to say first chosen, and the others as one."""
    if len(groups) <= most:
        return list(groups), None
    chosen = {id(group) for group in sorted(groups, key=lambda g: g.verdict is Verdict.PASSED)[:most]}
    others = [group for group in groups if id(group) not in chosen]
    rest = Group(f"{len(others):,} more groups", tuple(r for group in others for r in group.results))
    return [group for group in groups if id(group) in chosen], rest

"""Running the self-test's mutants, one at a time, against the deployed stacks."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from temp_access.verify.live.run import LiveRun
from temp_access.verify.model import Probe, Result, Verdict
from temp_access.verify.selftest import Mutant, SelfTest


class MutantStatus(Enum):
    """What became of a mutant."""

    KILLED = "caught"
    SURVIVED = "survived"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class MutantResult:
    """A mutant, its fate, and what the probe meant for it observed."""

    mutant: Mutant
    status: MutantStatus
    observed: str


def run_mutants(run: LiveRun, test: SelfTest) -> Iterator[MutantResult]:
    """Yield what became of each mutant; its probe must pass without the defect, and fail with it."""
    probes = test.probes()
    for mutant in test.mutants():
        if mutant.change is None:
            yield MutantResult(mutant, MutantStatus.UNDECIDED, "the role's own actions are too few to show it")
            continue
        probe = probes[mutant.caught_by]
        sound = _once(run, test, probe, None)
        if sound.verdict is not Verdict.PASSED:
            yield MutantResult(mutant, MutantStatus.UNDECIDED, f"without the defect: {sound.verdict}, {sound.observed}")
            continue
        result = _once(run, test, probe, mutant)
        fate = {Verdict.FAILED: MutantStatus.KILLED, Verdict.PASSED: MutantStatus.SURVIVED}.get(
            result.verdict, MutantStatus.UNDECIDED
        )
        yield MutantResult(mutant, fate, result.observed)


def _once(run: LiveRun, test: SelfTest, probe: Probe, mutant: Mutant | None) -> Result:
    (result,) = run.run(
        [probe],
        lambda grant: test.policy(grant, mutant),
        lambda _: None,
        settle=mutant is None,
    )
    return result

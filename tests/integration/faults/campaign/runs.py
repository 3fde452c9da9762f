"""The runs of a campaign, one after another: prepare, make faults, judge, clean up, judge again."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tests.integration.deploy.project import FinishedCommand, RunningCommand
from tests.integration.faults.campaign.commands import COMMANDS, CampaignCommand
from tests.integration.faults.campaign.judge import (
    HANG_SECONDS,
    LEFTOVER,
    START_SECONDS,
    WRONG_FAIL,
    WRONG_PASS,
    Observation,
    Problem,
    judge_left,
    judge_output,
    judge_replaced,
)
from tests.integration.faults.campaign.mutants import Mutant
from tests.integration.faults.campaign.plans import FaultPlan, Planner
from tests.integration.faults.campaign.stand import Stand

# After the last call, a command may still have to write its reports.
_GRACE_SECONDS = 30.0


@dataclass
class CampaignRun:
    """One run: what was done, what came of it, and the problems."""

    number: int
    command: str
    plan: str
    style: str
    mutant: str = ""
    signal: str = ""
    code: int | None = None
    seconds: float = 0.0
    calls: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    cleaned: bool = False
    problems: list[Problem] = field(default_factory=list)
    # The failed probes of a report, and the end of the output, if there is a problem.
    failed: dict[str, str] = field(default_factory=dict)
    output: str = ""


@dataclass(frozen=True)
class Control:
    """A command without faults: the operations that it calls, in order, and the state afterwards."""

    operations: tuple[str, ...]
    after: frozenset[str]


class Campaign:
    """Runs commands on a stand; the same seed makes the same choices."""

    def __init__(self, stand: Stand, seed: int) -> None:
        self._stand = stand
        self._seed = seed
        self._controls: dict[str, Control] = {}
        self._seen_mutants: set[str] = set()
        stand.project.s3.put_object(Bucket=stand.project.bucket, Key="bob/of-a-person.txt", Body=b"kept")
        stand.project.s3.create_multipart_upload(Bucket=stand.project.bucket, Key="bob/unfinished.bin")
        # The local AWS gives the user's key to the first command that needs it.
        stand.run("credentials", "bob", *stand.local)
        stand.save()

    def runs(self, names: Sequence[str], count: int, kills: int) -> Iterator[CampaignRun]:
        """Yield `count` runs under faults, then `kills` in which the command is killed, in turn for each command."""
        for number in range(count + kills):
            yield self.run(number, COMMANDS[names[number % len(names)]], is_kill=number >= count)

    def run(self, number: int, command: CampaignCommand, *, is_kill: bool = False) -> CampaignRun:
        """Run a command once, and judge it."""
        rng = random.Random(f"{self._seed}/{number}")  # noqa: S311 - not a secret
        control = self._control(command)
        planner = Planner(rng, control.operations)
        plan = planner.kill() if is_kill else planner.faults()
        mutant = rng.choice(command.mutants) if command.mutants and not is_kill and rng.random() < 0.5 else None
        run = CampaignRun(number, command.name, str(plan), plan.style, signal=plan.sent.name if plan.sent else "")
        if mutant:
            run.mutant = mutant.name
            self._require_caught(command, mutant)
        self._perform(run, command, plan, rng, mutant)
        return run

    def _perform(
        self, run: CampaignRun, command: CampaignCommand, plan: FaultPlan, rng: random.Random, mutant: Mutant | None
    ) -> None:
        stand = self._stand
        witnesses = command.prepare(stand)
        undo = mutant.change(stand.project) if mutant and mutant.change else None
        stand.project.report_file.unlink(missing_ok=True)
        arguments = _with_grant(command.arguments(stand, rng), mutant)
        started = time.monotonic()
        ended = self._under_faults(arguments, plan, mutant)
        run.seconds = time.monotonic() - started
        run.calls, run.faults = len(stand.proxy.operations()), +stand.proxy.counts
        run.code = ended.code if ended else None
        observed = Observation(command, plan, ended, mutant is not None, run.seconds)
        run.problems += judge_output(observed, stand, witnesses)
        failed = stand.project.failed() if stand.project.report_file.exists() else {}
        if undo:
            undo()
        self._clean(run, command)
        if run.problems and ended:
            run.output = ended.output[-4000:]
            run.failed = failed

    def _under_faults(self, arguments: Sequence[str], plan: FaultPlan, mutant: Mutant | None) -> FinishedCommand | None:
        stand = self._stand
        running: list[RunningCommand] = []
        actions = {}
        if plan.restart:
            actions[plan.restart] = lambda: stand.begin_restart(plan.down)
        if plan.kill and plan.sent:
            number = plan.sent
            actions[plan.kill] = lambda: _send(running, arguments[0], number)
        stand.proxy.plan(plan, actions)
        running.append(stand.start(arguments, mutant.before if mutant else ""))
        ended = stand.finish(running[0], HANG_SECONDS + START_SECONDS + _GRACE_SECONDS)
        stand.wait_for_server()
        # The faults are gone, and what was counted stays.
        stand.proxy.faults, stand.proxy.date_offset = [], 0.0
        return ended

    def _clean(self, run: CampaignRun, command: CampaignCommand) -> None:
        """Judge what is left, after the command's clean-up if something is."""
        stand = self._stand
        if command.replaces:
            self._run_clean(run, command)
            expected = self._controls[command.name].after
            run.problems += judge_replaced(expected, stand.state(), "after a clean run")
            stand.restore()
            return
        if stand.state() == stand.before:
            return
        if run.code == 0 and command.name in ("verify", "self-test"):
            run.problems += judge_left(stand.before, stand.state(), "after a pass")
        self._run_clean(run, command)
        if run.mutant and command.name == "revoke":
            # What the mutant wrote isn't a revocation of bob's sessions.
            stand.run("revoke", "--all", "--undo", *stand.local)
        left = judge_left(stand.before, stand.state(), "after a clean run")
        run.problems += left
        if left:
            stand.restore()

    def _run_clean(self, run: CampaignRun, command: CampaignCommand) -> None:
        run.cleaned = True
        for (name, *arguments), codes in command.clean:
            ended = self._stand.run(name, *self._stand.local, *arguments)
            if ended.code not in codes:
                run.problems.append(Problem(LEFTOVER, f"the clean run ended with {ended.code}: {ended.err[-300:]}"))

    def _control(self, command: CampaignCommand) -> Control:
        """Return the control of a command, which must work without faults and leave nothing."""
        if command.name not in self._controls:
            stand = self._stand
            witnesses = command.prepare(stand)
            ended = stand.run(*command.arguments(stand, random.Random(self._seed)))  # noqa: S311 - not a secret
            self._controls[command.name] = Control(tuple(stand.proxy.operations()), stand.state())
            run = CampaignRun(-1, command.name, "none", "none", code=ended.code)
            observed = Observation(command, FaultPlan("none"), ended, False, 0)
            run.problems += judge_output(observed, stand, witnesses)
            self._clean(run, command)
            if ended.code or run.problems:
                raise ControlFailed(
                    f"without faults, {command.name} ended with {ended.code}: {run.problems}{ended.output}"
                )
        return self._controls[command.name]

    def _require_caught(self, command: CampaignCommand, mutant: Mutant) -> None:
        """Raise ControlFailed unless the command fails because of the mutant, without faults."""
        if mutant.name in self._seen_mutants:
            return
        stand = self._stand
        command.prepare(stand)
        undo = mutant.change(stand.project) if mutant.change else None
        arguments = _with_grant(command.arguments(stand, random.Random(0)), mutant)  # noqa: S311 - not a secret
        if command.name == "revoke":
            arguments = [*arguments, "--wait", "5s"]
        ended = stand.run(*arguments, before=mutant.before)
        if undo:
            undo()
        self._clean(CampaignRun(-1, command.name, "none", "none"), command)
        if ended.code != 1:
            raise ControlFailed(f"without faults, {mutant.name} isn't caught: {ended.code}: {ended.output[-2000:]}")
        self._seen_mutants.add(mutant.name)


class ControlFailed(Exception):
    """A command doesn't work without faults, so a campaign would say nothing."""


def _with_grant(arguments: Sequence[str], mutant: Mutant | None) -> list[str]:
    """Return the arguments of a run that meets the mutant: it is in the policies of bob's grant."""
    if mutant is None or arguments[0] != "verify":
        return list(arguments)
    kept = list(arguments)
    if "--grant" in kept:
        del kept[kept.index("--grant") : kept.index("--grant") + 2]
    return [*kept, "--grant", "bob"]


def _send(running: Sequence[RunningCommand], name: str, number: signal.Signals) -> None:
    """Send a signal as a person's terminal does: to the CDK CLI as well, which is a child."""
    with suppress(ProcessLookupError, IndexError):
        if name in ("deploy", "destroy"):
            os.killpg(running[0].process.pid, number)
        else:
            running[0].process.send_signal(number)


def wrong(runs: Sequence[CampaignRun]) -> list[CampaignRun]:
    """Return the runs with problems."""
    return [run for run in runs if run.problems]


__all__ = ["WRONG_FAIL", "WRONG_PASS", "Campaign", "CampaignRun", "ControlFailed", "wrong"]

"""What a run may have done wrong, found out without the program's word."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.integration.deploy.project import FinishedCommand
from tests.integration.faults.campaign.commands import CampaignCommand, Witnesses
from tests.integration.faults.campaign.plans import FaultPlan
from tests.integration.faults.campaign.server_state import comparable
from tests.integration.faults.campaign.stand import Stand

WRONG_PASS, WRONG_FAIL, TRACEBACK = "wrong pass", "wrong fail", "traceback"
BAD_CODE, HANG, LEFTOVER, UNTRUE, SECRET = "exit code", "hang", "leftover", "untrue", "secret"
PROBLEMS = (WRONG_PASS, WRONG_FAIL, TRACEBACK, BAD_CODE, HANG, LEFTOVER, UNTRUE, SECRET)
HANG_SECONDS = 120.0
# Starting Python takes its time on a busy machine.
START_SECONDS = 10.0
_MARKS = ("Traceback (most recent call last)", "Exception in thread", "Exception ignored", "nobody expected")
_INTERRUPTED = 130
# A service that says again and again that it doesn't know the credentials is believed, so the input is bad.
_UNKNOWN_CREDENTIALS = {"ExpiredToken", "ExpiredToken-403", "InvalidClientTokenId", "SignatureDoesNotMatch"}


@dataclass(frozen=True)
class Problem:
    """One thing that a run did wrong: one of PROBLEMS, and what was seen."""

    kind: str
    seen: str


@dataclass(frozen=True)
class Observation:
    """A run that ended, or that was ended after HANG_SECONDS (`ended` is None)."""

    command: CampaignCommand
    plan: FaultPlan
    ended: FinishedCommand | None
    is_broken: bool
    seconds: float


def judge_output(observed: Observation, stand: Stand, witnesses: Witnesses) -> list[Problem]:
    """Return what is wrong with the exit code and the output."""
    ended, command = observed.ended, observed.command
    if ended is None:
        return [Problem(HANG, f"still running after {observed.seconds:.0f} s")]
    problems = []
    if observed.seconds > HANG_SECONDS + START_SECONDS:
        problems.append(Problem(HANG, f"it took {observed.seconds:.0f} s"))
    problems += [Problem(TRACEBACK, _last_line(ended)) for mark in _MARKS if mark in ended.output][:1]
    problems += _judge_code(observed, ended, stand)
    problems += judge_secrets(ended, stand.secrets(), hands_out=command.hands_out)
    if not _was_killed(observed.plan, ended.code) and not observed.is_broken:
        problems += [Problem(UNTRUE, said) for said in command.untrue(stand, ended, witnesses)]
    return problems


def judge_secrets(ended: FinishedCommand, secrets: Iterable[str], *, hands_out: bool = False) -> list[Problem]:
    """Return whether a secret is in the output; the standard output of a command may hand out credentials."""
    output = ended.err if hands_out else ended.output
    return [Problem(SECRET, f"…{secret[-4:]} is in the output") for secret in secrets if secret in output]


def judge_left(before: frozenset[str], after: frozenset[str], when: str) -> list[Problem]:
    """Return the differences between two states."""
    seen = [f"{when}: + {line}" for line in sorted(after - before)]
    seen += [f"{when}: - {line}" for line in sorted(before - after)]
    return [Problem(LEFTOVER, line) for line in seen]


def judge_replaced(expected: frozenset[str], after: frozenset[str], when: str) -> list[Problem]:
    """Return the differences between two deployments of the same templates."""
    return judge_left(comparable(expected), comparable(after), when)


def _judge_code(observed: Observation, ended: FinishedCommand, stand: Stand) -> list[Problem]:
    code, command = ended.code, observed.command
    if _was_killed(observed.plan, code):
        return []
    if observed.is_broken:
        # Which of the failures is told is a matter of the faults.
        if code == 0:
            return [Problem(WRONG_PASS, _last_line(ended))]
        return [] if code in (1, 3) else [Problem(BAD_CODE, f"{code}: {_last_line(ended)}")]
    if code in command.codes:
        return []
    if code == 1 and is_honest_failure(command, ended, stand):
        return []
    if code == 2 and observed.plan.restart and "no local AWS runs" in ended.err:
        return []
    if code == 2 and "the caller's credentials" in ended.err and _UNKNOWN_CREDENTIALS & set(stand.proxy.counts):
        return []
    kind = WRONG_FAIL if code in (1, 2) else BAD_CODE
    return [Problem(kind, f"{code}: {_last_line(ended)}")]


def is_honest_failure(command: CampaignCommand, ended: FinishedCommand, stand: Stand) -> bool:
    """Whether verify failed because it left something, said so, and something really is there."""
    if command.name == "verify":
        said = set(stand.project.failed()) == {"clean-up/nothing-left"}
    else:
        said = command.name == "self-test" and "0 survived" in ended.out
    return said and bool(stand.state() - stand.before)


def _was_killed(plan: FaultPlan, code: int) -> bool:
    if plan.sent is None:
        return False
    # A signal before the handlers are there, or one that goes to the program that `exec` became.
    return code in (_INTERRUPTED, 128 + plan.sent, -plan.sent)


def _last_line(ended: FinishedCommand) -> str:
    lines = (ended.err.strip() or ended.out.strip()).splitlines()
    return lines[-1][:300] if lines else "no output"

"""The commands of the campaign: their arguments, what their success means, and what cleans up after them."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from temp_access.local_aws.session import session
from tests.integration.deploy.project import FinishedCommand
from tests.integration.faults.campaign.mutants import CAN_MUTANTS, REVOKE_MUTANTS, VERIFY_MUTANTS, Mutant
from tests.integration.faults.campaign.stand import Stand

Credentials = dict[str, Any]
_VERIFIED = (("--grant", "bob"), ("--grant", "bobby"), ("--grant", "alice"), ())


@dataclass
class Witnesses:
    """What a check needs from before the run: sessions of two grants, and the file for the report."""

    bob: Credentials = field(default_factory=dict)
    bobby: Credentials = field(default_factory=dict)


@dataclass(frozen=True)
class CampaignCommand:
    """A command that talks to a server.

    `codes` are the exit codes that a healthy deployment may get, with any fault. `untrue` returns what a finished
    command said that isn't so. `clean` are the commands, and their exit codes, after which nothing of it is left.
    """

    name: str
    arguments: Callable[[Stand, random.Random], Sequence[str]]
    untrue: Callable[[Stand, FinishedCommand, Witnesses], list[str]]
    clean: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...] = ()
    codes: tuple[int, ...] = (0, 3)
    prepare: Callable[[Stand], Witnesses] = lambda _: Witnesses()
    mutants: tuple[Mutant, ...] = ()
    # The result is another deployment, or none; the stand returns to the saved state afterwards.
    replaces: bool = False
    # Its standard output is credentials.
    hands_out: bool = False


def _verify(stand: Stand, rng: random.Random) -> list[str]:
    limit = rng.choice([(), (), (), ("--timeout", "60s")])
    return ["verify", *stand.local, "--json", str(stand.project.report_file), *rng.choice(_VERIFIED), *limit]


def _untrue_verify(stand: Stand, ended: FinishedCommand, _: Witnesses) -> list[str]:
    if not stand.project.report_file.exists():
        return ["exit code 0 without a report"] if ended.code == 0 else []
    report = stand.project.report()
    summary, verdicts = report["summary"], [probe["verdict"] for probe in report["probes"]]
    code = 1 if summary["failed"] else 3 if summary["inconclusive"] else 0
    problems = []
    if [verdicts.count(name) for name in ("passed", "failed", "inconclusive")] != [
        summary["passed"],
        summary["failed"],
        summary["inconclusive"],
    ]:
        problems.append(f"the summary {summary} doesn't fit to the probes")
    if ended.code in (0, 1, 3) and code != ended.code:
        problems.append(f"exit code {ended.code}, but the report says {summary}")
    return problems


def _prepare_borrow(stand: Stand) -> Witnesses:
    stand.forget_sessions()
    return Witnesses()


def _credentials(stand: Stand, _: random.Random) -> list[str]:
    return ["credentials", "bob", *stand.local, "--format", "json"]


def _untrue_credentials(stand: Stand, ended: FinishedCommand, _: Witnesses) -> list[str]:
    if ended.code != 0:
        return ["there is output, but no success"] if ended.out else []
    return _session_problems(stand, json.loads(ended.out)["Credentials"], works=True)


def _session_problems(stand: Stand, credentials: Credentials, *, works: bool) -> list[str]:
    """Return whether a session of bob's does what it shouldn't, or doesn't do what it should."""
    problems = []
    if may_list(stand, credentials, "bob/") is (not works):
        problems.append(f"bob's session {'does not work' if works else 'still works'}")
    if may_list(stand, credentials, "bobby/"):
        problems.append("bob's session lists bobby's folder")
    return problems


def may_list(stand: Stand, credentials: Credentials, prefix: str) -> bool | None:
    """Return whether a session may list, asked without the proxy; None if a restarted local AWS has forgotten it."""
    s3 = session(stand.project.aws.environment, credentials).client("s3")
    try:
        s3.list_objects_v2(Bucket=stand.project.bucket, Prefix=prefix)
    except ClientError as error:
        if error.response["Error"]["Code"] == "InvalidAccessKeyId":
            return None
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


def _exec(stand: Stand, _: random.Random) -> list[str]:
    return ["exec", "bob", *stand.local, "--", "printenv", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"]


def _untrue_exec(_: Stand, ended: FinishedCommand, __: Witnesses) -> list[str]:
    lines = ended.out.split()
    if ended.code == 0 and (len(lines) != 2 or not lines[0].startswith("ASIA")):
        return ["the command didn't get a session"]
    return ["the command ran although exec failed"] if ended.code and lines else []


def _console(stand: Stand, _: random.Random) -> list[str]:
    return ["console", "bob", *stand.local]


def _untrue_console(_: Stand, ended: FinishedCommand, __: Witnesses) -> list[str]:
    return [] if (ended.code == 0) == ("SigninToken=" in ended.out) else ["exit code and URL don't fit together"]


def _untrue_status(_: Stand, ended: FinishedCommand, __: Witnesses) -> list[str]:
    said = "can be assumed" in ended.out and "can't be assumed" not in ended.out
    return [] if (ended.code == 0) == said else ["exit code and output don't fit together"]


def _borrow(stand: Stand, grant: str) -> Credentials:
    ended = stand.run("credentials", grant, *stand.local, "--format", "json")
    credentials: Credentials = json.loads(ended.out)["Credentials"]
    return credentials


def _prepare_revoke(stand: Stand) -> Witnesses:
    stand.forget_sessions()
    return Witnesses(_borrow(stand, "bob"), _borrow(stand, "bobby"))


def _untrue_revoke(stand: Stand, ended: FinishedCommand, witnesses: Witnesses) -> list[str]:
    written = any("TempAccessRevocations" in line for line in stand.state())
    problems = []
    if ended.code == 0:
        problems = _session_problems(stand, witnesses.bob, works=False)
        if may_list(stand, witnesses.bobby, "bobby/") is False:
            problems.append("bobby's session doesn't work any more")
        if "still works" not in ended.out:
            problems.append("the proof has no session that the revocation doesn't match")
    if ended.code == 0 and ("revoked and proved" not in ended.out or not written):
        problems.append("success without a revocation")
    if "wrote the policy" in ended.err and not written:
        problems.append("it says that it wrote the policy, and there is none")
    return problems


def _prepare_undo(stand: Stand) -> Witnesses:
    witnesses = _prepare_revoke(stand)
    stand.run("revoke", "bob", *stand.local, "--no-proof")
    return witnesses


def _untrue_undo(stand: Stand, ended: FinishedCommand, witnesses: Witnesses) -> list[str]:
    return _session_problems(stand, witnesses.bob, works=True) if ended.code == 0 else []


def _prepare_deploy(stand: Stand) -> Witnesses:
    stand.run("destroy", *stand.local)
    return Witnesses()


def _plain(*arguments: str) -> Callable[[Stand, random.Random], Sequence[str]]:
    return lambda stand, _: [arguments[0], *stand.local, *arguments[1:]]


def _nothing_untrue(*_: object) -> list[str]:
    return []


_UNDO = ((("revoke", "bob", "--undo"), (0, 2)),)
_VERIFY_AGAIN = ((("verify", "--grant", "bob"), (0,)),)
# The CDK CLI's own exit code is that of the command, and it is 1 for every error.
_CDK_CODES = (0, 1, 3)
COMMANDS = {
    command.name: command
    for command in (
        CampaignCommand("verify", _verify, _untrue_verify, _VERIFY_AGAIN, mutants=VERIFY_MUTANTS),
        CampaignCommand("self-test", _plain("verify", "--self-test"), _nothing_untrue, _VERIFY_AGAIN),
        CampaignCommand("credentials", _credentials, _untrue_credentials, prepare=_prepare_borrow, hands_out=True),
        CampaignCommand("exec", _exec, _untrue_exec, prepare=_prepare_borrow, hands_out=True),
        CampaignCommand("console", _console, _untrue_console, prepare=_prepare_borrow, hands_out=True),
        CampaignCommand("policy", _plain("policy", "bob", "--check"), _nothing_untrue, prepare=_prepare_borrow),
        CampaignCommand(
            "can",
            _plain("can", "bob", "s3:GetObject", "bob/x", "--deployed"),
            _nothing_untrue,
            mutants=CAN_MUTANTS,
        ),
        CampaignCommand("status", _plain("status"), _untrue_status, prepare=_prepare_borrow),
        CampaignCommand(
            "revoke",
            _plain("revoke", "bob", "--wait", "60s"),
            _untrue_revoke,
            _UNDO,
            prepare=_prepare_revoke,
            mutants=REVOKE_MUTANTS,
        ),
        CampaignCommand("undo", _plain("revoke", "bob", "--undo"), _untrue_undo, _UNDO, prepare=_prepare_undo),
        CampaignCommand(
            "deploy",
            _plain("deploy", "--timeout", "90s"),
            _nothing_untrue,
            ((("deploy",), (0,)),),
            codes=_CDK_CODES,
            prepare=_prepare_deploy,
            replaces=True,
        ),
        CampaignCommand(
            "destroy",
            _plain("destroy", "--timeout", "90s"),
            _nothing_untrue,
            ((("destroy",), (0,)),),
            codes=_CDK_CODES,
            replaces=True,
        ),
    )
}

"""Services that never answer, clocks that differ, and a server that is restarted within a run."""

import os
import signal
import time
from itertools import takewhile

import pytest

from temp_access.local_aws.control import start, status
from tests.integration.deploy.project import Project, run_project
from tests.integration.faults.proxy import Fault, FaultProxy, proxied
from tests.integration.faults.quickly import QUICKLY

pytestmark = pytest.mark.integration


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("verify",),
    ("verify", "--self-test"),
    ("deploy",),
    ("destroy",),
    ("revoke", "bob"),
    ("status",),
    ("credentials", "bob"),
    ("exec", "bob"),
    ("console", "bob"),
    ("can", "role", "s3:GetObject", "bob/x", "--deployed"),
)


# A process whose clock is off: of the modules `time` and `datetime`, before anything imports from them.
_OTHER_CLOCK = """
import datetime, time
real_time = time.time
time.time = lambda: real_time() + {offset}
class Later(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)
    @classmethod
    def utcnow(cls):
        return cls.now(datetime.timezone.utc).replace(tzinfo=None)
datetime.datetime = Later
"""


def test_every_command_ends_within_its_timeout(deployed: Project, proxy: FaultProxy) -> None:
    """Although no service ever answers: with 3, without a traceback."""
    proxy.make(Fault("hang"))
    started = time.monotonic()
    running = [
        deployed.start(*command, "--local", "--state", str(deployed.aws.state_dir), "--timeout", "6s", *rest)
        for command, rest in ((command, ("--", "true") if command[0] == "exec" else ()) for command in COMMANDS)
    ]
    for each in running:
        ended = each.wait()
        assert ended.code == 3, ended.output
        assert "Traceback" not in ended.output
        assert any(reason in ended.output for reason in ("--timeout", "can't be reached", "gave no answer"))
    # Ten commands start at once.
    assert time.monotonic() - started < 60


def test_a_run_in_which_the_service_falls_silent_ends_within_two_minutes(deployed: Project, proxy: FaultProxy) -> None:
    """With 3 and a report, and the next run cleans up; the two minutes are twelve seconds here."""
    proxy.make(Fault("hang", skip=41))
    started = time.monotonic()
    ended = deployed.verify(before=QUICKLY)
    assert ended.code == 3, ended.output
    assert "no service answered" in ended.output
    assert time.monotonic() - started < 60
    proxy.make()
    assert deployed.verify("--grant", "bob").code == 0
    deployed.assert_clean()


def calls_before_cdk(deployed: Project, proxy: FaultProxy) -> int:
    """Return how often `deploy` asks CloudFormation before it starts the CDK CLI, which first assumes a role."""
    before = len(proxy.operations())
    assert deployed.local("deploy").code == 0
    calls = takewhile(lambda operation: operation != "sts:AssumeRole", proxy.operations()[before:])
    return sum(operation.startswith("cloudformation:") for operation in calls)


def test_cdk_ends_with_the_time_of_the_command(deployed: Project, proxy: FaultProxy) -> None:
    """The CDK CLI has no limit of its own: it is ended, with 3."""
    proxy.make(Fault("hang", "cloudformation:", skip=calls_before_cdk(deployed, proxy)))
    ended = deployed.local("deploy", "--timeout", "10s")
    assert (ended.code, "cdk deploy was ended, because the time of --timeout is over" in ended.err) == (3, True), ended


def test_cdk_ends_when_cloudformation_falls_silent(deployed: Project, proxy: FaultProxy) -> None:
    """Without --timeout, CloudFormation is asked while the CDK CLI runs."""
    own = calls_before_cdk(deployed, proxy)
    proxy.make(Fault("hang", "sts:GetCallerIdentity", skip=1), Fault("hang", "cloudformation:", skip=own))
    ended = deployed.local("deploy", before=f"{QUICKLY}\nfrom temp_access.cli import cdk; cdk._ASK_SECONDS = 1")
    assert (ended.code, "cdk deploy was ended, because no service answered" in ended.err) == (3, True), ended


@pytest.mark.parametrize(("offset", "code"), [(240, 0), (-120, 0), (1200, 3)])
def test_the_clock_of_this_machine_is_off(deployed: Project, offset: int, code: int) -> None:
    """verify says so. Up to 15 minutes signatures, presigned URLs and durations are right; then nothing is known."""
    ended = deployed.verify("--grant", "bob", before=_OTHER_CLOCK.format(offset=offset))
    direction = "ahead of" if offset > 0 else "behind"
    assert (ended.code, f"s {direction} the service's" in ended.output) == (code, True), ended.output
    assert "Traceback" not in ended.output
    if code == 0:
        assert deployed.report()["summary"]["failed"] == 0
        assert any(f"s {direction} the service's" in warning for warning in deployed.report()["warnings"])
    deployed.assert_clean()


def test_a_server_that_is_restarted_within_a_run(deployed_once, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """It forgets the sessions: they are borrowed again, and no probe fails."""
    with run_project(tmp_path / "restarted", copy_of=deployed_once) as project, proxied(project.aws) as proxy:
        running = project.start_verify("--json", str(project.report_file))
        running.pause_when(lambda: len(proxy.operations()) > 120)
        os.kill(int(status(project.aws.state_dir).pid or 0), signal.SIGKILL)
        while status(project.aws.state_dir).running:
            time.sleep(0.05)
        start(project.aws.state_dir, port=project.aws.port)
        running.resume()
        ended = running.wait()
        assert ended.code in (0, 3), ended.output
        assert project.report()["summary"]["failed"] == 0
        assert project.verify("--grant", "bob").code == 0
        project.assert_clean()

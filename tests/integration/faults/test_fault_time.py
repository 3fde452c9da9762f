"""Services that never answer, clocks that differ, and a server that is restarted within a run."""

import os
import signal
import time

import pytest

from temp_access.local_aws.control import start, status
from tests.integration.deploy.project import Project, run_project
from tests.integration.faults.proxy import Fault, FaultProxy, proxied

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
# All times of `temp_access.aws.patience` in a tenth.
_QUICKLY = """
from temp_access.aws import patience
for name in ("CONNECT_SECONDS", "READ_SECONDS", "SILENCE_SECONDS", "_CLEAN_UP_SECONDS", "_LAST_CALL_SECONDS"):
    setattr(patience, name, getattr(patience, name) / 10)
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
        assert "--timeout" in ended.output or "can't be reached" in ended.output
    # Ten commands start at once.
    assert time.monotonic() - started < 60


def test_a_run_in_which_the_service_falls_silent_ends_within_two_minutes(deployed: Project, proxy: FaultProxy) -> None:
    """With 3 and a report, and the next run cleans up; the two minutes are twelve seconds here."""
    proxy.make(Fault("hang", skip=41))
    started = time.monotonic()
    ended = deployed.verify(before=_QUICKLY)
    assert ended.code == 3, ended.output
    assert "no service answered" in ended.output
    assert time.monotonic() - started < 60
    proxy.make()
    assert deployed.verify("--grant", "bob").code == 0
    deployed.assert_clean()


@pytest.mark.parametrize("offset", [-240, 120])
def test_the_clock_of_the_service_differs(deployed: Project, proxy: FaultProxy, offset: int) -> None:
    """verify says so, and judges by the service's clock."""
    proxy.date_offset = offset
    ended = deployed.verify("--grant", "bob")
    assert (ended.code, deployed.report()["summary"]["failed"]) == (0, 0), ended.output
    direction = "ahead of" if offset < 0 else "behind"
    assert any(f"s {direction} the service's" in warning for warning in deployed.report()["warnings"])


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

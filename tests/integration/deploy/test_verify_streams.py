"""Closed and full standard streams of a live verification: its verdict stays, and it cleans up."""

import subprocess
import sys

import pytest

from tests.integration.deploy.project import Project

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", ">&-", ">/dev/full", "<&- >&- 2>&-"])
def test_a_healthy_deployment_passes(deployed: Project, redirection: str) -> None:
    """A log on a full disk, or a service without standard streams, is no failed probe."""
    run = f"{sys.executable} -c 'from temp_access.cli.main import run; run()'"
    ended = subprocess.run(
        ["sh", "-c", f"{run} verify --local --state {deployed.aws.state_dir} --grant bob {redirection}"],
        cwd=deployed.folder,
        env=deployed.environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    if "2>" in redirection:
        assert ended.stderr == ""
        # The report alone: a note or progress that lands here would be taken for it.
        assert "waiting" not in ended.stdout
        assert "note:" not in ended.stdout
    deployed.assert_clean()

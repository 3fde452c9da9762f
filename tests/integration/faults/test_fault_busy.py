"""Services that answer, but never decide: a command ends as soon as with services that never answer."""

import time

import pytest

from tests.integration.deploy.project import Project
from tests.integration.faults.proxy import Fault, FaultProxy

pytestmark = pytest.mark.integration


def test_a_service_that_only_throttles_is_silent(deployed: Project, proxy: FaultProxy) -> None:
    """From some call of verify on: it ends with 3 within two minutes, and the next run cleans up."""
    proxy.make(Fault("RequestThrottledException", skip=30))
    started = time.monotonic()
    ended = deployed.verify("--grant", "bob")
    assert ended.code == 3, ended.output
    assert time.monotonic() - started < 130
    proxy.make()
    assert deployed.verify("--grant", "bob").code == 0
    deployed.assert_clean()

"""Answers that decide nothing although they look like answers of the service."""

import pytest

from tests.integration.deploy.project import Project
from tests.integration.faults.proxy import Fault, FaultProxy
from tests.integration.faults.quickly import QUICKLY

pytestmark = pytest.mark.integration


def test_a_service_that_only_throttles_is_silent(deployed: Project, proxy: FaultProxy) -> None:
    """From some call of verify on: it ends with 3 as soon as if it were silent, and the next run cleans up."""
    proxy.make(Fault("RequestThrottledException", skip=30))
    ended = deployed.verify("--grant", "bob", before=QUICKLY)
    assert ended.code == 3, ended.output
    assert "no service answered" in ended.output
    proxy.make()
    assert deployed.verify("--grant", "bob").code == 0
    deployed.assert_clean()


@pytest.mark.parametrize("kind", ["other-xml", "empty-200"])
def test_an_answer_without_any_member_is_not_taken_for_an_empty_one(
    deployed: Project, proxy: FaultProxy, kind: str
) -> None:
    """Each of these may be empty when it is right: no versioning, no Region, nothing that couldn't be deleted."""
    proxy.make(Fault(kind, "GetBucketVersioning|GetBucketLocation|DeleteObjects$|DeleteObject$|Abort", times=12))
    ended = deployed.verify("--grant", "bob")
    assert ended.code in (0, 3), ended.output
    assert deployed.failed() == {}
    proxy.make()
    assert deployed.verify("--grant", "bob").code == 0
    deployed.assert_clean()


def test_a_service_that_ends_every_connection(deployed: Project, proxy: FaultProxy) -> None:
    """The clean-up meets it too, and says what is left."""
    proxy.make(Fault("not-http", skip=150))
    ended = deployed.verify("--grant", "bob")
    assert ended.code == 3, ended.output
    assert "nobody expected" not in ended.output
    proxy.make()
    assert deployed.verify("--grant", "bob").code == 0
    deployed.assert_clean()

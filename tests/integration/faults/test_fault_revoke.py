"""revoke is proved for the session and for a bystander, or it says what isn't known."""

import pytest

from tests.integration.deploy.project import ROLE, Project
from tests.integration.faults.proxy import Fault, FaultProxy

pytestmark = pytest.mark.integration


def _policies(project: Project) -> list[str]:
    return list(project.iam.list_role_policies(RoleName=ROLE)["PolicyNames"])


@pytest.mark.usefixtures("borrower")
@pytest.mark.parametrize(("borrowed", "is_written"), [(0, False), (1, False), (2, True)])
def test_a_session_that_cant_be_borrowed_leaves_the_proof_open(
    deployed: Project, proxy: FaultProxy, borrowed: int, is_written: bool
) -> None:
    """The sessions are: one that must be refused, a bystander, and one that is borrowed after the change."""
    before = _policies(deployed)
    proxy.make(Fault("Throttling", "sts:AssumeRole", skip=borrowed))
    ended = deployed.local("revoke", "bob")
    assert ended.code == 3, ended.output
    assert "proved" not in ended.out
    assert "Traceback" not in ended.output
    assert ("wrote the policy to the role; --undo removes it" in ended.err) is is_written
    assert (_policies(deployed) != before) is is_written
    proxy.make()
    if is_written:
        assert deployed.local("revoke", "bob", "--undo").code == 0
    assert _policies(deployed) == before


@pytest.mark.parametrize("operation", ["PutRolePolicy", "DeleteRolePolicy"])
def test_a_lost_answer_is_looked_up(deployed: Project, proxy: FaultProxy, operation: str) -> None:
    """The policy is written once, removed once, and revoke succeeds."""
    before = _policies(deployed)
    proxy.make(Fault("reset", operation, takes_effect=True, times=1))
    for arguments in (("--no-proof",), ("--undo",)):
        ended = deployed.local("revoke", "bob", *arguments)
        assert ended.code == 0, ended.output
    assert (_policies(deployed), len(set(proxy.operations(operation)))) == (before, 1)
    # Each policy of the grant's scopes once, no more.
    assert len(proxy.operations("PutRolePolicy")) == len(proxy.operations("DeleteRolePolicy"))

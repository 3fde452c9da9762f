"""The user's key in the local AWS's state folder: no fault makes a second one, or leaves one that nobody knows."""

import pytest

from temp_access.local_aws.user_key import forget_key
from tests.integration.deploy.project import USER, Project
from tests.integration.faults.proxy import Fault, FaultProxy

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("kind", ["InvalidClientTokenId", "ExpiredToken-403", "SignatureDoesNotMatch"])
def test_a_key_that_is_still_there_is_not_replaced(deployed: Project, proxy: FaultProxy, kind: str) -> None:
    """Although what came looks as if the service didn't know it."""
    assert deployed.local("credentials", "bob", "--no-cache").code == 0
    before = deployed.keys()
    proxy.make(Fault(kind, "sts:"))
    ended = deployed.local("credentials", "bob", "--no-cache")
    # A service that says again and again that it doesn't know the credentials is believed.
    assert ended.code in (2, 3), ended.output
    assert deployed.keys() == before
    proxy.make()
    assert deployed.local("credentials", "bob", "--no-cache").code == 0
    assert deployed.keys() == before


@pytest.mark.parametrize("kind", ["reset", "half-body", "InternalError", "other-xml"])
def test_a_key_whose_answer_was_lost_is_deleted(deployed: Project, proxy: FaultProxy, kind: str) -> None:
    """Nobody knows its secret; the next command gets one."""
    forget_key(deployed.aws.state_dir, USER)
    for key in list(deployed.keys()):
        deployed.iam.delete_access_key(UserName=USER, AccessKeyId=key)
    proxy.make(Fault(kind, "CreateAccessKey", takes_effect=True))
    ended = deployed.local("credentials", "bob", "--no-cache")
    assert (ended.code, deployed.keys()) == (3, []), ended.output
    assert "Traceback" not in ended.output
    proxy.make()
    assert deployed.local("credentials", "bob", "--no-cache").code == 0
    assert len(deployed.keys()) == 1

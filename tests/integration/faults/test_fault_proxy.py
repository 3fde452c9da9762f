"""The proxy that makes the faults of the other tests: it makes each kind, and otherwise changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.integration.deploy.project import Project
from tests.integration.faults.answers import ERRORS
from tests.integration.faults.proxy import KINDS, Fault, FaultProxy

pytestmark = pytest.mark.integration
_ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=1)


def _client(project: Project, proxy: FaultProxy, service: str) -> Any:
    session: Any = project.aws.deployer
    return session.client(service, endpoint_url=f"https://127.0.0.1:{proxy.port}", config=_ONCE)


def test_without_faults_every_call_reaches_the_local_aws(deployed: Project, proxy: FaultProxy) -> None:
    """verify passes, and the proxy has seen its calls by their names."""
    ended = deployed.verify("--grant", "bob")
    assert ended.code == 0, ended.output
    for name in ("sts:AssumeRole", "iam:CreateAccessKey", "s3:PutObject", "s3:HeadObject", "s3:UploadPart"):
        assert proxy.operations(f"^{name}$"), name
    assert not [name for name in proxy.operations() if "?" in name or " " in name]


def _code(call: Callable[[], dict[str, Any]]) -> str:
    """Return the code of the service's error, else the error's class, else whether the answer was understood."""
    try:
        return "fine" if "Arn" in call() else "empty"
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except Exception as error:
        # A parser of botocore raises KeyError for XML of another kind.
        return type(error).__name__


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_meets_each_kind_of_fault(deployed: Project, proxy: FaultProxy, kind: str) -> None:
    """The next call is answered again."""
    sts = _client(deployed, proxy, "sts")
    proxy.make(Fault(kind, "GetCallerIdentity", times=1))
    code = _code(sts.get_caller_identity)
    assert code == ERRORS[kind][1] if kind in ERRORS else code != "fine"
    assert proxy.calls == [("sts:GetCallerIdentity", kind)]
    assert _code(sts.get_caller_identity) == "fine"


def test_a_call_can_take_effect_although_its_answer_is_lost(deployed: Project, proxy: FaultProxy) -> None:
    """With takes_effect the service does the call; without, it doesn't."""
    iam = _client(deployed, proxy, "iam")
    for takes_effect, users in ((False, 0), (True, 1)):
        proxy.make(Fault("reset", "CreateUser", takes_effect=takes_effect))
        with pytest.raises(BotoCoreError):
            iam.create_user(UserName="made")
        assert len([user for user in iam.list_users()["Users"] if user["UserName"] == "made"]) == users
    iam.delete_user(UserName="made")

"""Faults of every kind in one call of a client: it is repeated, and what stays is no answer of the service."""

from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from temp_access.aws import checked_calls
from temp_access.aws.clients import service_client
from temp_access.aws.once import has_no_answer
from temp_access.verify.outcomes import OutcomeType, attempt
from tests.integration.deploy.project import Project
from tests.integration.faults.answers import CUT_SHORT, NO_ANSWERS, RESPONSES
from tests.integration.faults.proxy import Fault, FaultProxy

pytestmark = pytest.mark.integration
# One call of each service and of each form of answer: query, REST with a body, a streamed body, no body.
CALLS: dict[str, tuple[str, dict[str, str]]] = {
    "sts:GetCallerIdentity": ("get_caller_identity", {}),
    "iam:ListAccessKeys": ("list_access_keys", {"UserName": "temp-user"}),
    "cloudformation:DescribeStacks": ("describe_stacks", {"StackName": "TempAccess"}),
    "s3:ListObjectsV2": ("list_objects_v2", {"Bucket": "bucket", "MaxKeys": "0"}),
    "s3:GetBucketPolicy": ("get_bucket_policy", {"Bucket": "bucket"}),
    "s3:PutObject": ("put_object", {"Bucket": "bucket", "Key": "bob/x"}),
}


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked_calls, "_PAUSE", 0)


def _call(project: Project, proxy: FaultProxy, name: str) -> Any:
    service = name.partition(":")[0]
    session: Any = project.aws.deployer
    endpoint = f"https://127.0.0.1:{proxy.port}"
    client = service_client(session, service, endpoint_url=endpoint)
    method, parameters = CALLS[name]
    arguments: dict[str, Any] = {**parameters}
    if "Bucket" in arguments:
        arguments["Bucket"] = project.bucket
    if "MaxKeys" in arguments:
        arguments["MaxKeys"] = 0
    return lambda: getattr(client, method)(**arguments)


@pytest.mark.parametrize("kind", NO_ANSWERS)
def test_a_fault_is_repeated_and_what_stays_is_no_answer(deployed: Project, proxy: FaultProxy, kind: str) -> None:
    """One fault changes nothing; one that stays is undecided, never a refusal or an exception of another type."""
    for name in CALLS:
        if name == "s3:PutObject" and kind in (*RESPONSES, *CUT_SHORT):
            # Its answer is whole without its body.
            continue
        call = _call(deployed, proxy, name)
        proxy.make(Fault(kind, f"{name}$", times=1))
        call()
        assert proxy.operations(f"{name}$") == [name] * 2
        proxy.make(Fault(kind, f"{name}$"))
        with pytest.raises((ClientError, BotoCoreError)) as caught:
            call()
        assert has_no_answer(caught.value), (name, caught.value)
        # botocore follows a redirect of S3 once more by itself.
        assert 3 <= len(proxy.operations(f"{name}$")) <= (10 if kind == "redirect" else 5)
        assert attempt(call).kind is OutcomeType.UNDECIDED, name


def test_a_refusal_is_an_answer(deployed: Project, proxy: FaultProxy) -> None:
    """It isn't repeated."""
    for name in CALLS:
        call = _call(deployed, proxy, name)
        proxy.make(Fault("AccessDenied", f"{name}$"))
        with pytest.raises(ClientError) as caught:
            call()
        assert not has_no_answer(caught.value)
        assert proxy.operations(f"{name}$") == [name]
        assert attempt(call).kind is OutcomeType.REFUSED

"""What destroy does with revocations if cdk can't delete the stacks."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from temp_access.cli import destroy


class Stacks:
    """CloudFormation, whose stack has a status, or isn't there."""

    def __init__(self, status: str) -> None:
        self.status = status

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        if not self.status:
            answer: Any = {
                "Error": {"Code": "ValidationError", "Message": "Stack with id TempAccess does not exist"},
                "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "1", "HTTPHeaders": {"x-amzn-requestid": "1"}},
            }
            raise ClientError(answer, "DescribeStacks")
        return {"Stacks": [{"StackStatus": self.status}]}


class Policies:
    """The role's inline policies."""

    def __init__(self) -> None:
        self.written: dict[str, Any] = {}

    def put_back(self, deleted: dict[str, Any]) -> None:
        self.written.update(deleted)


@pytest.mark.parametrize(
    ("status", "is_put_back", "warns"),
    [
        ("CREATE_COMPLETE", True, False),
        ("DELETE_FAILED", True, False),
        # The deletion of the role would fail.
        ("DELETE_IN_PROGRESS", False, True),
        # The role is gone.
        ("", False, False),
    ],
)
def test_revocations_return_unless_the_role_is_being_deleted(
    status: str, is_put_back: bool, warns: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What may work again is said."""
    monkeypatch.setattr(destroy, "service_client", lambda *_: Stacks(status))
    policies, revocations = Policies(), {"TempAccessRevocations-1": {"Version": "2012-10-17"}}
    destroy.put_back(None, policies, revocations)  # type: ignore[arg-type]
    assert (policies.written == revocations) is is_put_back
    assert ("may work again" in capsys.readouterr().err) is warns

"""The deployer's credentials: what is said when they don't work."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from temp_access.deployment.target import session_identity
from temp_access.errors import TempAccessError


class _Session:
    """A session whose calls fail."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def client(self, name: str, **_: object) -> Any:
        client: Any = boto3.client("sts", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        client._make_api_call = self._fail
        return client

    def _fail(self, operation: str, parameters: object) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (
            ClientError({"Error": {"Code": "ExpiredToken", "Message": "x"}}, "GetCallerIdentity"),
            "log in again, or use another profile (more: temp-access explain ExpiredToken)",
        ),
        (EndpointConnectionError(endpoint_url="https://x"), "check the network"),
    ],
)
def test_it_says_what_to_do(error: Exception, remedy: str) -> None:
    """Nothing is known then, so the exit code is 3."""
    with pytest.raises(TempAccessError, match=r"^can't determine whose credentials these are: ") as raised:
        session_identity(_Session(error))  # type: ignore[arg-type]
    assert raised.value.exit_code == 3
    assert remedy in str(raised.value)

"""The deployer's credentials: what is said when they don't work."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from temp_access.deployment.target import session_identity
from temp_access.errors import TempAccessError


class _Session:
    """A session whose calls fail."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def client(self, name: str, **_: object) -> "_Session":
        return self

    def _make_api_call(self, operation: str, parameters: object) -> None:
        raise self.error

    def get_caller_identity(self) -> None:
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

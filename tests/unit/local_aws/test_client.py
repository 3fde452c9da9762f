"""What keeps clients of the local AWS from calling AWS, and imports of it light."""

import subprocess
import sys

import pytest

from temp_access.errors import UserError
from temp_access.local_aws.client import CONFLICTING_VARIABLES, require_loopback
from temp_access.local_aws.rules.session_policy import service_prefixes


@pytest.mark.parametrize("url", ["https://127.0.0.1:4610", "https://localhost:1", "https://[::1]:4610/"])
def test_accepts_endpoints_on_this_machine(url: str) -> None:
    """A loopback endpoint is returned unchanged."""
    assert require_loopback(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "https://sts.amazonaws.com",
        "https://127.0.0.1.example.com",
        "https://127.0.0.1@example.com",
        "https://localhost.example.com:4610",
        "127.0.0.1:4610",
        "https://10.0.0.1:4610",
    ],
)
def test_refuses_every_other_endpoint(url: str | None) -> None:
    """A command for the local AWS never calls AWS; the error says what to do."""
    with pytest.raises(UserError, match="run `temp-access local start`"):
        require_loopback(url)


def test_lists_the_variables_that_override_the_environment() -> None:
    """A profile, a session token and the endpoint of a single service must be unset."""
    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_STS"} <= set(CONFLICTING_VARIABLES)


def test_the_command_imports_no_heavy_library() -> None:
    """Their import takes longer than the command itself."""
    heavy = {"boto3", "botocore", "ministack", "trustme", "cryptography"}
    script = f"import sys, temp_access.cli.local; print(sorted({heavy} & set(sys.modules)))"
    completed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert completed.stdout == "[]\n"


def test_knows_the_prefixes_of_actions() -> None:
    """It also knows the prefixes that differ from the service's name in the SDK."""
    assert {"s3", "sts", "iam", "kms", "states", "execute-api", "cloudwatch"} <= service_prefixes()
    assert "s33" not in service_prefixes()

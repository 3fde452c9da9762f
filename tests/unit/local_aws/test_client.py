"""What keeps the commands for the local AWS on this machine."""

import subprocess
import sys

import pytest

from temp_access.errors import UserError
from temp_access.local_aws.client import CONFLICTING_VARIABLES, require_loopback
from temp_access.local_aws.rules.session_policy import service_prefixes


@pytest.mark.parametrize("url", ["https://127.0.0.1:4610", "https://localhost:1", "https://[::1]:4610/"])
def test_accepts_endpoints_of_this_machine(url: str) -> None:
    """A loopback endpoint is returned as it is."""
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
    """The real AWS is never reached by a command for the local one; the sentence says what to do."""
    with pytest.raises(UserError, match="run `temp-access local start`"):
        require_loopback(url)


def test_names_what_would_win_over_the_environment() -> None:
    """A profile, a session token and the endpoints of single services have to go."""
    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_STS"} <= set(CONFLICTING_VARIABLES)


def test_the_command_starts_without_the_heavy_libraries() -> None:
    """Importing them costs more than everything else that the command does."""
    heavy = {"boto3", "botocore", "ministack", "trustme", "cryptography"}
    script = f"import sys, temp_access.cli.local; print(sorted({heavy} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_knows_the_vendors_of_actions() -> None:
    """Prefixes that differ from the service's name in the SDK are known as well."""
    assert {"s3", "sts", "iam", "kms", "states", "execute-api", "cloudwatch"} <= service_prefixes()
    assert "s33" not in service_prefixes()

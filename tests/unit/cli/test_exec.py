"""The environment of a command that `temp-access exec` becomes."""

from typing import Any

import pytest

from temp_access.cli.exec import child_environment

ENTRY: dict[str, Any] = {
    "region": "eu-central-1",
    "credentials": {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "e"},
}


@pytest.mark.parametrize(
    "name",
    [
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_BEARER_TOKEN_BEDROCK",
    ],
)
def test_no_way_to_the_callers_identity_is_left(name: str) -> None:
    """Each variable by which an SDK would find the caller's own credentials is gone, or the session's."""
    assert child_environment({name: "theirs"}, ENTRY, {}).get(name) != "theirs"


def test_everything_else_stays() -> None:
    """The rest of the environment is the caller's; the session's Region wins."""
    found = child_environment({"HOME": "/h", "AWS_REGION": "x"}, ENTRY, {"AWS_ENDPOINT_URL": "https://127.0.0.1:1"})
    assert found == {
        "HOME": "/h",
        "AWS_ENDPOINT_URL": "https://127.0.0.1:1",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "ASIA",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_SESSION_TOKEN": "t",
        "AWS_CREDENTIAL_EXPIRATION": "e",
    }

"""The environment of the command that `temp-access exec` runs."""

import pytest

from temp_access.cli.exec import child_environment
from tests.unit.support.cached_session import cached_session

SESSION = cached_session()


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
        "AWS_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_CONFIG_FILE",
        "AWS_LOGIN_CACHE_DIRECTORY",
        "AWS_SOMETHING_NEW",
        "aws_access_key_id",
        "BOTO_CONFIG",
    ],
)
def test_removes_every_variable_of_the_callers_identity(name: str) -> None:
    """No SDK finds the caller's own credentials: each variable is removed, or has the session's value."""
    assert child_environment({name: "theirs"}, SESSION, {}).get(name) != "theirs"


def test_keeps_the_other_variables() -> None:
    """The rest of the environment is the caller's; the session's Region takes precedence."""
    environment = child_environment(
        {"HOME": "/h", "AWS_REGION": "x"}, SESSION, {"AWS_ENDPOINT_URL": "https://127.0.0.1:1"}
    )
    assert environment == {
        "HOME": "/h",
        "AWS_ENDPOINT_URL": "https://127.0.0.1:1",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "ASIA",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_SESSION_TOKEN": "t",
        "AWS_CREDENTIAL_EXPIRATION": "e",
    }


@pytest.mark.parametrize(
    "name",
    ["AWS_CA_BUNDLE", "AWS_PAGER", "AWS_RETRY_MODE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWSOME", "PATH"],
)
def test_hands_over_what_cant_lead_to_other_credentials(name: str) -> None:
    """The command runs with the caller's other settings."""
    assert child_environment({name: "theirs"}, SESSION, {})[name] == "theirs"


def test_removes_variables_that_conflict_with_the_local_aws() -> None:
    """A service's own endpoint would take precedence over the local AWS's; for AWS itself it stays."""
    environ = {"AWS_ENDPOINT_URL_S3": "https://s3.example.com"}
    assert "AWS_ENDPOINT_URL_S3" in child_environment(environ, SESSION, {})
    local = {"AWS_ENDPOINT_URL": "https://127.0.0.1:1"}
    assert "AWS_ENDPOINT_URL_S3" not in child_environment(environ, SESSION, local)

"""The environment of the command that `temp-access exec` runs, and how long its session lasts."""

import argparse
import time

import pytest

from temp_access.cli.exec import _duration_note, add_arguments, child_environment
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


@pytest.mark.parametrize(
    ("duration", "left", "requested", "said"),
    [
        (43_200, 43_200, None, None),
        (43_200, 43_195, None, None),
        (43_200, 43_100, None, "11h58m"),
        (43_200, 21_700, None, "6h2m"),
        (43_200, 20, None, "less than a minute"),
        (3600, 3599, 3600, "1h"),
        # The broker names the limit that makes it shorter; later, less is left than that.
        (3600, 3599, None, None),
        (3600, 1800, None, "30m"),
    ],
)
def test_says_how_long_the_session_lasts(duration: int, left: int, requested: int | None, said: str | None) -> None:
    """If that is less than the grant allows, whether it was asked for, limited, or kept from an earlier call."""
    session = cached_session(duration=duration, grant_duration=43_200, expires_at=time.time() + left + 0.5)
    note = said and f"the session lasts {said}, until e; the grant allows 12h"
    assert _duration_note(session, requested) == note


@pytest.mark.parametrize(("argument", "seconds"), [("90", 90), ("0", 0), ("30m", 1800)])
def test_min_ttl_is_a_time_or_seconds(argument: str, seconds: int) -> None:
    """Both forms."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert parser.parse_args(["bob", "--min-ttl", argument, "--", "true"]).min_ttl == seconds

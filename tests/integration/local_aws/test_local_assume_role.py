"""The durations, session names and other parameters that AssumeRole accepts."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.integration
CHAINED = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
OVER_MAXIMUM = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


@pytest.fixture(scope="module")
def caller(account: Any) -> Any:
    """A user, and a role with a maximum of two hours that trusts it by ARN."""
    arn, session = account.user()
    return session, account.role(arn, account.allow("sts:AssumeRole"), MaxSessionDuration=7200)


def assume_role_error(account: Any, caller: Any, **options: Any) -> tuple[str, str]:
    """Return the code and message of the error of AssumeRole."""
    session, role = caller
    with pytest.raises(ClientError) as caught:
        account.assume(session, role, **options)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_session_lasts_an_hour_by_default_and_the_roles_maximum_at_most(account: Any, caller: Any) -> None:
    """Without DurationSeconds a session lasts 3600 s; the role's own maximum is accepted."""
    session, role = caller
    sts = account.client(session, "sts")
    for options, seconds in (({}, 3600), ({"DurationSeconds": 900}, 900), ({"DurationSeconds": 7200}, 7200)):
        response = sts.assume_role(RoleArn=role, RoleSessionName="bob", **options)
        remaining = response["Credentials"]["Expiration"] - response["Credentials"]["Expiration"].now().astimezone()
        assert seconds - 10 < remaining.total_seconds() <= seconds
        assert response["Credentials"]["AccessKeyId"].startswith("ASIA")


@pytest.mark.parametrize("seconds", [899, 0, -1, 43201])
def test_refuses_a_duration_outside_900_to_43200(account: Any, caller: Any, seconds: int) -> None:
    """DurationSeconds is 900 to 43200."""
    code, message = assume_role_error(account, caller, DurationSeconds=seconds)
    assert code == "ValidationError"
    assert "durationSeconds" in message


def test_refuses_a_duration_over_the_roles_maximum(account: Any, caller: Any) -> None:
    """DurationSeconds may not exceed the role's MaxSessionDuration."""
    assert assume_role_error(account, caller, DurationSeconds=7201) == ("ValidationError", OVER_MAXIMUM)


def test_refuses_over_an_hour_in_role_chaining(account: Any, caller: Any) -> None:
    """A role session can assume another role for at most an hour."""
    first = account.assume(*caller)
    second = account.role(caller[1], MaxSessionDuration=43200)
    assert assume_role_error(account, (first, second), DurationSeconds=3601) == ("ValidationError", CHAINED)
    account.assume(first, second, DurationSeconds=3600)


def test_refuses_over_an_hour_with_session_token_credentials(account: Any, caller: Any) -> None:
    """GetSessionToken credentials can assume a role for at most an hour."""
    session, role = caller
    temporary = account.session(account.client(session, "sts").get_session_token()["Credentials"])
    assert assume_role_error(account, (temporary, role), DurationSeconds=3601)[0] == "ValidationError"
    account.assume(temporary, role, DurationSeconds=3600)


@pytest.mark.parametrize("name", ["a", "a b", "a/b", "a:b", "bäb", "b" * 65, ""])
def test_refuses_a_session_name_outside_its_pattern(account: Any, caller: Any, name: str) -> None:
    r"""RoleSessionName has 2 to 64 characters of [\w+=,.@-]."""
    assert assume_role_error(account, caller, RoleSessionName=name)[0] == "ValidationError"


def test_accepts_every_character_of_the_session_name_pattern(account: Any, caller: Any) -> None:
    """The ARN of the session ends with the session name."""
    session = account.assume(*caller, RoleSessionName="aZ_9+=,.@-")
    arn = account.client(session, "sts").get_caller_identity()["Arn"]
    assert arn.endswith("/aZ_9+=,.@-")


@pytest.mark.parametrize("identity", ["a", "a b", "aws:bob", "b" * 65])
def test_refuses_a_source_identity_outside_its_pattern(account: Any, caller: Any, identity: str) -> None:
    """A source identity has 2 to 64 of the same characters, so it can't begin with `aws:`."""
    assert assume_role_error(account, caller, SourceIdentity=identity)[0] == "ValidationError"


@pytest.mark.parametrize("external_id", ["a", "a b", "b" * 1225])
def test_refuses_an_external_id_outside_its_pattern(account: Any, caller: Any, external_id: str) -> None:
    r"""ExternalId has 2 to 1224 characters of [\w+=,.@:\/-]."""
    assert assume_role_error(account, caller, ExternalId=external_id)[0] == "ValidationError"


def test_refuses_session_tags_over_their_limits(account: Any, caller: Any) -> None:
    """A session has at most 50 tags, with keys up to 128 and values up to 256 characters."""
    too_many = [{"Key": f"k{number}", "Value": "v"} for number in range(51)]
    for tags in (too_many, [{"Key": "k" * 129, "Value": "v"}], [{"Key": "k", "Value": "v" * 257}]):
        assert assume_role_error(account, caller, Tags=tags)[0] == "ValidationError"


def test_the_error_does_not_reveal_whether_a_role_exists(account: Any, caller: Any) -> None:
    """A role that doesn't exist, or has another path, gets the error of a role that doesn't trust the caller."""
    session, role = caller
    untrusting = account.role(account.user()[0])
    missing = role.replace(":role/", ":role/elsewhere/")
    for arn in (untrusting, missing, "arn:aws:iam::123456789012:role/no-such"):
        code, message = assume_role_error(account, (session, arn))
        assert code == "AccessDenied"
        assert f"is not authorized to perform: sts:AssumeRole on resource: {arn}" in message


def test_the_root_user_cannot_assume_a_role(account: Any) -> None:
    """No access key is the root user's, neither `test` nor an account id."""
    role = account.role("arn:aws:iam::123456789012:root")
    for key in ("test", "123456789012", "000000000000"):
        root = account.session({"AccessKeyId": key, "SecretAccessKey": "test"})
        assert assume_role_error(account, (root, role))[0] == "InvalidClientTokenId"

"""Durations, names and identities that sts:AssumeRole accepts."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.integration
CHAINED = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
OVER_MAXIMUM = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


@pytest.fixture(scope="module")
def caller(world: Any) -> Any:
    """A user, and a role of two hours that trusts it by ARN."""
    arn, session = world.user()
    return session, world.role(arn, world.allow("sts:AssumeRole"), MaxSessionDuration=7200)


def refused(world: Any, caller: Any, **options: Any) -> tuple[str, str]:
    """Return the error's code and message."""
    session, role = caller
    with pytest.raises(ClientError) as caught:
        world.assume(session, role, **options)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_gives_an_hour_by_default_and_up_to_the_roles_maximum(world: Any, caller: Any) -> None:
    """Without DurationSeconds a session lasts 3600 s; the role's own maximum is accepted."""
    session, role = caller
    sts = world.client(session, "sts")
    for options, seconds in (({}, 3600), ({"DurationSeconds": 900}, 900), ({"DurationSeconds": 7200}, 7200)):
        answer = sts.assume_role(RoleArn=role, RoleSessionName="bob", **options)
        left = answer["Credentials"]["Expiration"] - answer["Credentials"]["Expiration"].now().astimezone()
        assert seconds - 10 < left.total_seconds() <= seconds
        assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")


@pytest.mark.parametrize("seconds", [899, 0, -1, 43201])
def test_refuses_a_duration_outside_900_to_43200(world: Any, caller: Any, seconds: int) -> None:
    """DurationSeconds is 900 to 43200."""
    code, message = refused(world, caller, DurationSeconds=seconds)
    assert code == "ValidationError"
    assert "durationSeconds" in message


def test_refuses_a_duration_over_the_roles_maximum(world: Any, caller: Any) -> None:
    """DurationSeconds may not exceed the role's MaxSessionDuration."""
    assert refused(world, caller, DurationSeconds=7201) == ("ValidationError", OVER_MAXIMUM)


def test_refuses_over_an_hour_by_role_chaining(world: Any, caller: Any) -> None:
    """A role session gets another role for an hour at most."""
    first = world.assume(*caller)
    second = world.role(caller[1], MaxSessionDuration=43200)
    assert refused(world, (first, second), DurationSeconds=3601) == ("ValidationError", CHAINED)
    world.assume(first, second, DurationSeconds=3600)


def test_refuses_over_an_hour_with_session_token_credentials(world: Any, caller: Any) -> None:
    """GetSessionToken credentials get a role for an hour at most."""
    session, role = caller
    temporary = world.session(world.client(session, "sts").get_session_token()["Credentials"])
    assert refused(world, (temporary, role), DurationSeconds=3601)[0] == "ValidationError"
    world.assume(temporary, role, DurationSeconds=3600)


@pytest.mark.parametrize("name", ["a", "a b", "a/b", "a:b", "bäb", "b" * 65, ""])
def test_refuses_a_session_name_outside_its_pattern(world: Any, caller: Any, name: str) -> None:
    r"""RoleSessionName is 2 to 64 of [\w+=,.@-]."""
    assert refused(world, caller, RoleSessionName=name)[0] == "ValidationError"


def test_accepts_every_character_of_the_session_name_pattern(world: Any, caller: Any) -> None:
    """The session's ARN ends in the session name."""
    session = world.assume(*caller, RoleSessionName="aZ_9+=,.@-")
    arn = world.client(session, "sts").get_caller_identity()["Arn"]
    assert arn.endswith("/aZ_9+=,.@-")


@pytest.mark.parametrize("identity", ["a", "a b", "aws:bob", "b" * 65])
def test_refuses_a_source_identity_outside_its_pattern(world: Any, caller: Any, identity: str) -> None:
    """A source identity is 2 to 64 of the same characters, without `aws:`."""
    assert refused(world, caller, SourceIdentity=identity)[0] == "ValidationError"


@pytest.mark.parametrize("external_id", ["a", "a b", "b" * 1225])
def test_refuses_an_external_id_outside_its_pattern(world: Any, caller: Any, external_id: str) -> None:
    r"""ExternalId is 2 to 1224 of [\w+=,.@:\/-]."""
    assert refused(world, caller, ExternalId=external_id)[0] == "ValidationError"


def test_refuses_a_session_tag_over_its_lengths(world: Any, caller: Any) -> None:
    """At most 50 session tags, keys up to 128 and values up to 256 characters."""
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(51)]
    for tags in (many, [{"Key": "k" * 129, "Value": "v"}], [{"Key": "k", "Value": "v" * 257}]):
        assert refused(world, caller, Tags=tags)[0] == "ValidationError"


def test_denies_a_role_that_does_not_exist_as_one_that_does_not_trust(world: Any, caller: Any) -> None:
    """STS doesn't say whether a role exists, and a role's path is part of its ARN."""
    session, role = caller
    stranger = world.role(world.user()[0])
    missing = role.replace(":role/", ":role/elsewhere/")
    for arn in (stranger, missing, "arn:aws:iam::123456789012:role/no-such"):
        code, message = refused(world, (session, arn))
        assert code == "AccessDenied"
        assert f"is not authorized to perform: sts:AssumeRole on resource: {arn}" in message


def test_keeps_the_account_root_from_assuming_a_role(world: Any) -> None:
    """Root may not assume a role; here no key is root, neither `test` nor an account id."""
    role = world.role("arn:aws:iam::123456789012:root")
    for key in ("test", "123456789012", "000000000000"):
        root = world.session({"AccessKeyId": key, "SecretAccessKey": "test"})
        assert refused(world, (root, role))[0] == "InvalidClientTokenId"

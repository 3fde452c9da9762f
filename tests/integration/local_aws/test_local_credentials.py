"""Which keys are good, for how long, and what temporary ones may not call."""

import time
from typing import Any

import pytest

from temp_access.local_aws.testing import expire_sessions

pytestmark = pytest.mark.integration


def who(world: Any, session: Any) -> str:
    """Return what GetCallerIdentity ends with."""
    return str(world.outcome(world.client(session, "sts").get_caller_identity))


@pytest.mark.parametrize("key", ["test", "123456789012", "000000000000", "AKIAIOSFODNN7EXAMPLE", "deployer"])
@pytest.mark.parametrize("secret", ["test", "x"])
def test_refuses_keys_that_nobody_made(world: Any, key: str, secret: str) -> None:
    """An access key that IAM doesn't know is InvalidClientTokenId, in S3 InvalidAccessKeyId."""
    session = world.session({"AccessKeyId": key, "SecretAccessKey": secret})
    assert who(world, session) == "InvalidClientTokenId"
    assert world.outcome(world.client(session, "iam").list_users) == "InvalidClientTokenId"
    assert world.outcome(world.client(session, "s3").list_buckets) == "InvalidAccessKeyId"
    assert world.outcome(world.client(session, "cloudformation").list_stacks) == "InvalidClientTokenId"


def test_refuses_the_deployers_key_with_another_secret(world: Any) -> None:
    """A wrong secret is SignatureDoesNotMatch."""
    key = world.instance.environment["AWS_ACCESS_KEY_ID"]
    session = world.session({"AccessKeyId": key, "SecretAccessKey": "wrong"})
    assert who(world, session) == "SignatureDoesNotMatch"
    assert world.outcome(world.client(session, "s3").list_buckets) == "SignatureDoesNotMatch"


def test_a_deleted_or_inactive_key_is_refused_at_once(world: Any) -> None:
    """Keys stop to work when they are deleted or made inactive."""
    arn, session = world.user()
    name = arn.rpartition("/")[2]
    key = session.get_credentials().access_key
    assert who(world, session) == "allowed"
    world.iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")
    assert who(world, session) == "InvalidClientTokenId"
    world.iam.update_access_key(UserName=name, AccessKeyId=key, Status="Active")
    assert who(world, session) == "allowed"
    world.iam.delete_access_key(UserName=name, AccessKeyId=key)
    assert who(world, session) == "InvalidClientTokenId"


def test_temporary_keys_need_their_token(world: Any) -> None:
    """A temporary key without its token is unknown, and with another token invalid."""
    frozen = world.borrower(world.allow("s3:*")).get_credentials().get_frozen_credentials()
    keys = {"AccessKeyId": frozen.access_key, "SecretAccessKey": frozen.secret_key}
    assert who(world, world.session(keys)) == "InvalidClientTokenId"
    assert who(world, world.session({**keys, "SessionToken": frozen.token[:-1] + "x"})) == "InvalidClientTokenId"
    assert world.outcome(world.client(world.session(keys), "s3").list_buckets) == "InvalidAccessKeyId"
    assert who(world, world.session({**keys, "SessionToken": frozen.token})) == "allowed"


def test_session_token_credentials_may_not_call_iam(world: Any) -> None:
    """GetSessionToken credentials without MFA are refused by IAM, but keep the user's other permissions."""
    _, caller = world.user(world.allow("*"))
    temporary = world.session(world.client(caller, "sts").get_session_token()["Credentials"])
    assert world.outcome(world.client(temporary, "iam").list_users) == "InvalidClientTokenId"
    assert world.outcome(world.client(temporary, "s3").list_buckets) == "allowed"


def test_session_token_credentials_may_call_two_actions_of_sts(world: Any) -> None:
    """STS answers them AssumeRole and GetCallerIdentity only."""
    arn, caller = world.user(world.allow("*"))
    role = world.role(arn)
    temporary = world.session(world.client(caller, "sts").get_session_token()["Credentials"])
    sts = world.client(temporary, "sts")
    assert world.outcome(sts.assume_role, RoleArn=role, RoleSessionName="bob") == "allowed"
    assert world.outcome(sts.get_caller_identity) == "allowed"
    assert world.outcome(sts.get_session_token) == "AccessDenied"
    assert world.outcome(sts.get_federation_token, Name="bob") == "AccessDenied"
    assert world.outcome(sts.get_access_key_info, AccessKeyId="AKIAIOSFODNN7EXAMPLE") == "AccessDenied"


def test_federation_token_credentials_may_call_one_action_of_sts(world: Any) -> None:
    """GetFederationToken credentials may call neither IAM nor AssumeRole."""
    arn, caller = world.user(world.allow("*"))
    role = world.role(arn)
    answer = world.client(caller, "sts").get_federation_token(Name="bob", Policy=world.document(world.allow("*")))
    temporary = world.session(answer["Credentials"])
    sts = world.client(temporary, "sts")
    assert who(world, temporary) == "allowed"
    assert world.outcome(sts.assume_role, RoleArn=role, RoleSessionName="bob") == "AccessDenied"
    assert world.outcome(world.client(temporary, "iam").list_users) == "InvalidClientTokenId"


@pytest.mark.parametrize("seconds", [899, 129601])
def test_session_tokens_last_900_to_129600_seconds(world: Any, seconds: int) -> None:
    """GetSessionToken has a range of its own."""
    _, caller = world.user()
    sts = world.client(caller, "sts")
    assert world.outcome(sts.get_session_token, DurationSeconds=seconds) == "ValidationError"


def test_a_role_session_may_not_ask_for_a_session_token(world: Any) -> None:
    """GetSessionToken and GetFederationToken are for long-term credentials."""
    sts = world.client(world.borrower(world.allow("*")), "sts")
    assert world.outcome(sts.get_session_token) == "AccessDenied"
    assert world.outcome(sts.get_federation_token, Name="bob") == "AccessDenied"


def test_a_session_can_be_revoked_by_its_issue_time(world: Any) -> None:
    """AWSRevokeOlderSessions: a Deny with aws:TokenIssueTime hits older sessions and spares newer ones."""
    arn, caller = world.user()
    role = world.role(arn, world.allow("s3:*"))
    older = world.assume(caller, role)
    assert world.outcome(world.client(older, "s3").list_buckets) == "allowed"
    # The issue time has whole seconds.
    time.sleep(1.1)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    policy = world.document({**deny, "Condition": {"DateLessThan": {"aws:TokenIssueTime": now}}})
    name = role.rpartition("/")[2]
    world.iam.put_role_policy(RoleName=name, PolicyName="AWSRevokeOlderSessions", PolicyDocument=policy)
    newer = world.assume(caller, role)
    assert world.outcome(world.client(older, "s3").list_buckets) == "AccessDenied"
    assert world.outcome(world.client(newer, "s3").list_buckets) == "allowed"


def test_one_session_can_be_denied_by_its_id(world: Any) -> None:
    """aws:userid names one session of a role."""
    arn, caller = world.user()
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    condition = {"StringLike": {"aws:userid": "*:bob"}}
    role = world.role(arn, world.allow("s3:*"), {**deny, "Condition": condition})
    bob, eve = (world.assume(caller, role, RoleSessionName=name) for name in ("bob", "eve"))
    assert world.outcome(world.client(bob, "s3").list_buckets) == "AccessDenied"
    assert world.outcome(world.client(eve, "s3").list_buckets) == "allowed"


def test_an_expired_session_is_refused(world: Any) -> None:
    """ExpiredToken, from STS and S3 alike, and also after other sessions were made; long-term keys live on."""
    arn, caller = world.user()
    role = world.role(arn, world.allow("s3:*"))
    old = world.assume(caller, role)
    expire_sessions(world.instance)
    new = world.assume(caller, role)
    for session, expected in ((old, "ExpiredToken"), (new, "allowed"), (caller, "allowed")):
        assert who(world, session) == expected
    assert world.outcome(world.client(old, "s3").list_buckets) == "ExpiredToken"
    assert world.outcome(world.client(new, "s3").list_buckets) == "allowed"


def test_a_user_has_two_keys_and_manages_only_its_own(world: Any) -> None:
    """Without UserName the caller is meant; a third key and another user's key are refused."""
    arn, session = world.user(world.allow("iam:*"))
    other_arn, other = world.user()
    iam = world.client(session, "iam")
    assert iam.get_user()["User"]["Arn"] == arn
    second = iam.create_access_key()["AccessKey"]
    assert second["UserName"] == arn.rpartition("/")[2]
    assert world.outcome(iam.create_access_key) == "LimitExceeded"
    assert len(iam.list_access_keys()["AccessKeyMetadata"]) == 2
    foreign = other.get_credentials().access_key
    assert world.outcome(iam.delete_access_key, AccessKeyId=foreign) == "NoSuchEntity"
    assert who(world, other) == "allowed"
    name = other_arn.rpartition("/")[2]
    assert world.outcome(iam.delete_access_key, AccessKeyId=foreign, UserName=name) == "allowed"
    assert world.outcome(iam.delete_access_key, AccessKeyId=second["AccessKeyId"]) == "allowed"
    assert world.outcome(iam.create_access_key) == "allowed"
    borrowed = world.client(world.borrower(world.allow("iam:*")), "iam")
    assert world.outcome(borrowed.create_access_key) == "ValidationError"


def test_other_ways_into_sts_are_closed(world: Any) -> None:
    """ministack doesn't verify the tokens of other issuers, so their actions aren't answered at all."""
    _, caller = world.user(world.allow("*"))
    sts = world.client(caller, "sts")
    web = {"RoleArn": world.role("*"), "RoleSessionName": "bob", "WebIdentityToken": "e30.e30.e30"}
    assert world.outcome(sts.assume_role_with_web_identity, **web) == "MissingAuthenticationToken"
    token = {"Audience": ["here"], "SigningAlgorithm": "RS256"}
    assert world.outcome(sts.get_web_identity_token, **token) == "InvalidAction"

"""Which access keys are valid, for how long, and which actions temporary credentials may not call."""

import time
from typing import Any

import pytest

from temp_access.local_aws.testing import expire_sessions

pytestmark = pytest.mark.integration


def identity_outcome(account: Any, session: Any) -> str:
    """Return the outcome of GetCallerIdentity."""
    return str(account.outcome(account.client(session, "sts").get_caller_identity))


@pytest.mark.parametrize("key", ["test", "123456789012", "000000000000", "AKIAIOSFODNN7EXAMPLE", "deployer"])
@pytest.mark.parametrize("secret", ["test", "x"])
def test_refuses_access_keys_that_iam_did_not_create(account: Any, key: str, secret: str) -> None:
    """The error is InvalidClientTokenId, in S3 InvalidAccessKeyId."""
    session = account.session({"AccessKeyId": key, "SecretAccessKey": secret})
    assert identity_outcome(account, session) == "InvalidClientTokenId"
    assert account.outcome(account.client(session, "iam").list_users) == "InvalidClientTokenId"
    assert account.outcome(account.client(session, "s3").list_buckets) == "InvalidAccessKeyId"
    assert account.outcome(account.client(session, "cloudformation").list_stacks) == "InvalidClientTokenId"


def test_refuses_the_deployers_key_with_another_secret(account: Any) -> None:
    """The error is SignatureDoesNotMatch."""
    key = account.instance.environment["AWS_ACCESS_KEY_ID"]
    session = account.session({"AccessKeyId": key, "SecretAccessKey": "wrong"})
    assert identity_outcome(account, session) == "SignatureDoesNotMatch"
    assert account.outcome(account.client(session, "s3").list_buckets) == "SignatureDoesNotMatch"


def test_a_deleted_or_inactive_key_is_refused_at_once(account: Any) -> None:
    """An access key stops working as soon as it is deleted or made inactive."""
    arn, session = account.user()
    name = arn.rpartition("/")[2]
    key = session.get_credentials().access_key
    assert identity_outcome(account, session) == "allowed"
    account.iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")
    assert identity_outcome(account, session) == "InvalidClientTokenId"
    account.iam.update_access_key(UserName=name, AccessKeyId=key, Status="Active")
    assert identity_outcome(account, session) == "allowed"
    account.iam.delete_access_key(UserName=name, AccessKeyId=key)
    assert identity_outcome(account, session) == "InvalidClientTokenId"


def test_temporary_credentials_need_their_session_token(account: Any) -> None:
    """A temporary access key without its token is unknown, and with another token invalid."""
    frozen = account.role_session(account.allow("s3:*")).get_credentials().get_frozen_credentials()
    keys = {"AccessKeyId": frozen.access_key, "SecretAccessKey": frozen.secret_key}
    assert identity_outcome(account, account.session(keys)) == "InvalidClientTokenId"
    assert (
        identity_outcome(account, account.session({**keys, "SessionToken": frozen.token[:-1] + "x"}))
        == "InvalidClientTokenId"
    )
    assert account.outcome(account.client(account.session(keys), "s3").list_buckets) == "InvalidAccessKeyId"
    assert identity_outcome(account, account.session({**keys, "SessionToken": frozen.token})) == "allowed"


def test_session_token_credentials_may_not_call_iam(account: Any) -> None:
    """IAM refuses GetSessionToken credentials without MFA; they keep the user's other permissions."""
    _, caller = account.user(account.allow("*"))
    temporary = account.session(account.client(caller, "sts").get_session_token()["Credentials"])
    assert account.outcome(account.client(temporary, "iam").list_users) == "InvalidClientTokenId"
    assert account.outcome(account.client(temporary, "s3").list_buckets) == "allowed"


def test_session_token_credentials_may_call_only_two_actions_of_sts(account: Any) -> None:
    """They may call AssumeRole and GetCallerIdentity."""
    arn, caller = account.user(account.allow("*"))
    role = account.role(arn)
    temporary = account.session(account.client(caller, "sts").get_session_token()["Credentials"])
    sts = account.client(temporary, "sts")
    assert account.outcome(sts.assume_role, RoleArn=role, RoleSessionName="bob") == "allowed"
    assert account.outcome(sts.get_caller_identity) == "allowed"
    assert account.outcome(sts.get_session_token) == "AccessDenied"
    assert account.outcome(sts.get_federation_token, Name="bob") == "AccessDenied"
    assert account.outcome(sts.get_access_key_info, AccessKeyId="AKIAIOSFODNN7EXAMPLE") == "AccessDenied"


def test_federation_token_credentials_may_call_only_one_action_of_sts(account: Any) -> None:
    """They may call GetCallerIdentity, but neither AssumeRole nor IAM."""
    arn, caller = account.user(account.allow("*"))
    role = account.role(arn)
    response = account.client(caller, "sts").get_federation_token(
        Name="bob", Policy=account.document(account.allow("*"))
    )
    temporary = account.session(response["Credentials"])
    sts = account.client(temporary, "sts")
    assert identity_outcome(account, temporary) == "allowed"
    assert account.outcome(sts.assume_role, RoleArn=role, RoleSessionName="bob") == "AccessDenied"
    assert account.outcome(account.client(temporary, "iam").list_users) == "InvalidClientTokenId"


@pytest.mark.parametrize("seconds", [899, 129601])
def test_session_tokens_last_900_to_129600_seconds(account: Any, seconds: int) -> None:
    """DurationSeconds of GetSessionToken is 900 to 129600."""
    _, caller = account.user()
    sts = account.client(caller, "sts")
    assert account.outcome(sts.get_session_token, DurationSeconds=seconds) == "ValidationError"


def test_a_role_session_cannot_get_a_session_token(account: Any) -> None:
    """GetSessionToken and GetFederationToken require long-term credentials."""
    sts = account.client(account.role_session(account.allow("*")), "sts")
    assert account.outcome(sts.get_session_token) == "AccessDenied"
    assert account.outcome(sts.get_federation_token, Name="bob") == "AccessDenied"


def test_a_session_can_be_revoked_by_its_issue_time(account: Any) -> None:
    """AWSRevokeOlderSessions: a Deny with aws:TokenIssueTime denies older sessions and not newer ones."""
    arn, caller = account.user()
    role = account.role(arn, account.allow("s3:*"))
    older = account.assume(caller, role)
    assert account.outcome(account.client(older, "s3").list_buckets) == "allowed"
    # The issue time has whole seconds.
    time.sleep(1.1)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    policy = account.document({**deny, "Condition": {"DateLessThan": {"aws:TokenIssueTime": now}}})
    name = role.rpartition("/")[2]
    account.iam.put_role_policy(RoleName=name, PolicyName="AWSRevokeOlderSessions", PolicyDocument=policy)
    newer = account.assume(caller, role)
    assert account.outcome(account.client(older, "s3").list_buckets) == "AccessDenied"
    assert account.outcome(account.client(newer, "s3").list_buckets) == "allowed"


def test_one_session_can_be_denied_by_its_id(account: Any) -> None:
    """aws:userid identifies one session of a role."""
    arn, caller = account.user()
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    condition = {"StringLike": {"aws:userid": "*:bob"}}
    role = account.role(arn, account.allow("s3:*"), {**deny, "Condition": condition})
    bob, eve = (account.assume(caller, role, RoleSessionName=name) for name in ("bob", "eve"))
    assert account.outcome(account.client(bob, "s3").list_buckets) == "AccessDenied"
    assert account.outcome(account.client(eve, "s3").list_buckets) == "allowed"


def test_an_expired_session_is_refused(account: Any) -> None:
    """STS and S3 answer ExpiredToken, even after newer sessions; long-term access keys stay valid."""
    arn, caller = account.user()
    role = account.role(arn, account.allow("s3:*"))
    old = account.assume(caller, role)
    expire_sessions(account.instance)
    new = account.assume(caller, role)
    for session, expected in ((old, "ExpiredToken"), (new, "allowed"), (caller, "allowed")):
        assert identity_outcome(account, session) == expected
    assert account.outcome(account.client(old, "s3").list_buckets) == "ExpiredToken"
    assert account.outcome(account.client(new, "s3").list_buckets) == "allowed"


def test_a_user_has_at_most_two_access_keys(account: Any) -> None:
    """A third one is LimitExceeded, until one of the two is deleted."""
    _, session = account.user(account.allow("iam:*"))
    iam = account.client(session, "iam")
    second = iam.create_access_key()["AccessKey"]
    assert account.outcome(iam.create_access_key) == "LimitExceeded"
    assert len(iam.list_access_keys()["AccessKeyMetadata"]) == 2
    assert account.outcome(iam.delete_access_key, AccessKeyId=second["AccessKeyId"]) == "allowed"
    assert account.outcome(iam.create_access_key) == "allowed"


def test_an_iam_call_without_user_name_is_about_the_calling_user(account: Any) -> None:
    """A role session must send UserName."""
    arn, session = account.user(account.allow("iam:*"))
    iam = account.client(session, "iam")
    assert iam.get_user()["User"]["Arn"] == arn
    assert iam.create_access_key()["AccessKey"]["UserName"] == arn.rpartition("/")[2]
    role_iam = account.client(account.role_session(account.allow("iam:*")), "iam")
    assert account.outcome(role_iam.create_access_key) == "ValidationError"


def test_an_access_key_is_deleted_only_under_the_name_of_its_user(account: Any) -> None:
    """Under another user's name it is NoSuchEntity, and stays valid."""
    _, session = account.user(account.allow("iam:*"))
    other_arn, other = account.user()
    iam = account.client(session, "iam")
    key = other.get_credentials().access_key
    assert account.outcome(iam.delete_access_key, AccessKeyId=key) == "NoSuchEntity"
    assert identity_outcome(account, other) == "allowed"
    assert account.outcome(iam.delete_access_key, AccessKeyId=key, UserName=other_arn.rpartition("/")[2]) == "allowed"


def test_sts_answers_no_action_for_tokens_that_it_does_not_verify(account: Any) -> None:
    """Those that it does verify are in test_local_web_identity.py."""
    _, caller = account.user(account.allow("*"))
    sts = account.client(caller, "sts")
    web = {"RoleArn": account.role("*"), "RoleSessionName": "bob", "WebIdentityToken": "e30.e30.e30"}
    assert account.outcome(sts.assume_role_with_web_identity, **web) == "InvalidIdentityToken"
    saml = {"RoleArn": account.role("*"), "PrincipalArn": "arn:aws:iam::123456789012:saml-provider/a"}
    unsigned = account.outcome(sts.assume_role_with_saml, **saml, SAMLAssertion="e30=")
    assert unsigned == "MissingAuthenticationToken"
    token = {"Audience": ["here"], "SigningAlgorithm": "RS256"}
    assert account.outcome(sts.get_web_identity_token, **token) == "InvalidAction"

"""The session policies that STS accepts, and how they limit a session."""

import json
import random
import string
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def caller(account: Any) -> Any:
    """A user, and a role that trusts it and allows all of S3."""
    arn, session = account.user()
    return session, account.role(arn, account.allow("s3:*"))


def outcome(account: Any, caller: Any, policy: str, **options: Any) -> str:
    """Return the outcome of AssumeRole with the session policy."""
    session, role = caller
    return str(account.outcome(account.assume, caller=session, role=role, policy=policy, **options))


GET = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


@pytest.mark.parametrize(
    "policy",
    [
        "{",
        "[]",
        '"s3:GetObject"',
        json.dumps({"Version": "2012-10-17", "Statement": [{**GET, "Principal": "*"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**GET, "NotPrincipal": {"AWS": "*"}}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**GET, "Action": "GetObject"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**GET, "Action": "s33:GetObject"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**GET, "Action": ["s3:GetObject", "nosuch:*"]}]}),
        json.dumps({"Version": "2012-10-18", "Statement": [GET]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**GET, "Effect": "allow"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**GET, "Ressource": "*"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**GET, "Resource": "bucket/bob/*"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [GET], "Sid": "x"}),
        json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject"}]}),
        json.dumps({"Version": "2012-10-17"}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**GET, "Sid": "\u0100"}]}, ensure_ascii=False),
    ],
)
def test_refuses_a_malformed_session_policy(account: Any, caller: Any, policy: str) -> None:
    """Invalid JSON, a principal or an action of an unknown service end in MalformedPolicyDocument."""
    assert outcome(account, caller, policy) == "MalformedPolicyDocument"


def test_the_error_says_that_a_session_policy_takes_no_principal(account: Any, caller: Any) -> None:
    """AWS's message names the mistake."""
    session, role = caller
    with pytest.raises(ClientError, match="should not specify a principal"):
        account.assume(session, role, account.document({**GET, "Principal": "*"}))


@pytest.mark.parametrize(
    "policy",
    [
        json.dumps({"Statement": [GET]}),
        json.dumps({"Version": "2008-10-17", "Statement": GET}),
        json.dumps(
            {"Version": "2012-10-17", "Id": "x", "Statement": [{**GET, "Sid": "One", "Action": "S3:getobject"}]}
        ),
        json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "NotAction": "*", "NotResource": "*"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**GET, "Action": "*"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**GET, "Action": "states:StartExecution"}]}),
    ],
)
def test_accepts_valid_session_policies(account: Any, caller: Any, policy: str) -> None:
    """Both versions, a single statement, and actions in any case are valid."""
    assert outcome(account, caller, policy) == "allowed"


def test_refuses_session_policies_over_2048_characters_in_total(account: Any, caller: Any) -> None:
    """The limit applies to the inline policy and the ARNs of managed policies together."""
    policy = account.document(GET)
    longest = policy + " " * (2048 - len(policy))
    assert outcome(account, caller, longest) == "allowed"
    assert outcome(account, caller, longest + " ") == "ValidationError"
    arn = {"arn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}
    assert outcome(account, caller, longest, PolicyArns=[arn]) == "ValidationError"
    assert outcome(account, caller, policy, PolicyArns=[arn] * 11) == "ValidationError"


def test_refuses_a_packed_size_over_the_limit(account: Any, caller: Any) -> None:
    """A policy below 2048 characters may pack too large; AssumeRole returns the PackedPolicySize of others."""
    session, role = caller
    letters = random.Random(1).choices(string.ascii_letters + string.digits, k=1900)  # noqa: S311
    incompressible = account.document({**GET, "Resource": "arn:aws:s3:::" + "".join(letters)})
    assert outcome(account, caller, incompressible) == "PackedPolicyTooLarge"
    response = account.client(session, "sts").assume_role(
        RoleArn=role, RoleSessionName="bob", Policy=account.document(GET)
    )
    assert 0 < response["PackedPolicySize"] <= 100


def test_a_session_policy_limits_the_role(account: Any, caller: Any) -> None:
    """A session is allowed what both the role and the session policy allow."""
    bucket = account.bucket("bob/one", "eve/one")
    policy = account.document(account.allow(["s3:GetObject", "iam:ListUsers"], f"arn:aws:s3:::{bucket}/bob/*"))
    session = account.assume(*caller, policy)
    s3 = account.client(session, "s3")
    assert account.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "allowed"
    assert account.outcome(s3.get_object, Bucket=bucket, Key="eve/one") == "AccessDenied"
    assert account.outcome(s3.put_object, Bucket=bucket, Key="bob/two") == "AccessDenied"
    assert account.outcome(account.client(session, "iam").list_users) == "AccessDenied"


def test_a_managed_session_policy_limits_the_role(account: Any, caller: Any) -> None:
    """A managed policy that is passed by ARN is a session policy."""
    bucket = account.bucket("bob/one")
    arns = [{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}]
    s3 = account.client(account.assume(*caller, PolicyArns=arns), "s3")
    assert account.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "allowed"
    assert account.outcome(s3.put_object, Bucket=bucket, Key="bob/one") == "AccessDenied"


def test_a_deny_in_a_session_policy_overrides_the_role(account: Any, caller: Any) -> None:
    """An explicit deny in the session policy overrides the role's Allow."""
    bucket = account.bucket("bob/one")
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
    s3 = account.client(account.assume(*caller, account.document(account.allow("s3:*"), deny)), "s3")
    assert account.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "AccessDenied"
    assert account.outcome(s3.list_objects_v2, Bucket=bucket) == "allowed"


def test_a_session_policy_adds_no_permission(account: Any) -> None:
    """A session isn't allowed what only the session policy allows."""
    bucket = account.bucket("bob/one")
    session = account.role_session(account.allow("s3:ListBucket"), policy=account.document(account.allow("s3:*")))
    s3 = account.client(session, "s3")
    assert account.outcome(s3.list_objects_v2, Bucket=bucket) == "allowed"
    assert account.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "AccessDenied"

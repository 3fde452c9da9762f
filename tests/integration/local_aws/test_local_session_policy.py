"""What STS accepts as a session policy, and what it makes of it."""

import json
import random
import string
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def caller(world: Any) -> Any:
    """A user, and a role that trusts it and may do everything in S3."""
    arn, session = world.user()
    return session, world.role(arn, world.allow("s3:*"))


def outcome(world: Any, caller: Any, policy: str, **options: Any) -> str:
    """Return what AssumeRole with the session policy ends with."""
    session, role = caller
    return str(world.outcome(world.assume, caller=session, role=role, policy=policy, **options))


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
def test_refuses_a_malformed_session_policy(world: Any, caller: Any, policy: str) -> None:
    """Not JSON, a principal, an action without a known vendor and so on end in MalformedPolicyDocument."""
    assert outcome(world, caller, policy) == "MalformedPolicyDocument"


def test_says_that_a_session_policy_takes_no_principal(world: Any, caller: Any) -> None:
    """The message names the mistake."""
    session, role = caller
    with pytest.raises(ClientError, match="should not specify a principal"):
        world.assume(session, role, world.document({**GET, "Principal": "*"}))


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
def test_accepts_what_the_policy_grammar_accepts(world: Any, caller: Any, policy: str) -> None:
    """Both versions, a single statement, and any spelling of a known vendor are fine."""
    assert outcome(world, caller, policy) == "allowed"


def test_refuses_over_2048_characters_together(world: Any, caller: Any) -> None:
    """The plaintext limit counts the inline policy and the managed ARNs together."""
    policy = world.document(GET)
    full = policy + " " * (2048 - len(policy))
    assert outcome(world, caller, full) == "allowed"
    assert outcome(world, caller, full + " ") == "ValidationError"
    arn = {"arn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}
    assert outcome(world, caller, full, PolicyArns=[arn]) == "ValidationError"
    assert outcome(world, caller, policy, PolicyArns=[arn] * 11) == "ValidationError"


def test_refuses_what_packs_too_large(world: Any, caller: Any) -> None:
    """Below 2048 characters, what doesn't pack well is too large all the same, and the answer says how full it is."""
    session, role = caller
    letters = random.Random(1).choices(string.ascii_letters + string.digits, k=1900)  # noqa: S311
    noise = world.document({**GET, "Resource": "arn:aws:s3:::" + "".join(letters)})
    assert outcome(world, caller, noise) == "PackedPolicyTooLarge"
    answer = world.client(session, "sts").assume_role(RoleArn=role, RoleSessionName="bob", Policy=world.document(GET))
    assert 0 < answer["PackedPolicySize"] <= 100


def test_a_session_policy_only_narrows(world: Any, caller: Any) -> None:
    """A session may do what its role and its session policy both allow."""
    bucket = world.bucket("bob/one", "eve/one")
    policy = world.document(world.allow(["s3:GetObject", "iam:ListUsers"], f"arn:aws:s3:::{bucket}/bob/*"))
    session = world.assume(*caller, policy)
    s3 = world.client(session, "s3")
    assert world.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "allowed"
    assert world.outcome(s3.get_object, Bucket=bucket, Key="eve/one") == "AccessDenied"
    assert world.outcome(s3.put_object, Bucket=bucket, Key="bob/two") == "AccessDenied"
    assert world.outcome(world.client(session, "iam").list_users) == "AccessDenied"


def test_managed_session_policies_narrow_too(world: Any, caller: Any) -> None:
    """A managed policy passed by ARN counts as a session policy."""
    bucket = world.bucket("bob/one")
    arns = [{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}]
    s3 = world.client(world.assume(*caller, PolicyArns=arns), "s3")
    assert world.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "allowed"
    assert world.outcome(s3.put_object, Bucket=bucket, Key="bob/one") == "AccessDenied"


def test_a_deny_in_a_session_policy_wins(world: Any, caller: Any) -> None:
    """An explicit deny there beats the role's allow."""
    bucket = world.bucket("bob/one")
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
    s3 = world.client(world.assume(*caller, world.document(world.allow("s3:*"), deny)), "s3")
    assert world.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "AccessDenied"
    assert world.outcome(s3.list_objects_v2, Bucket=bucket) == "allowed"


def test_a_role_without_the_permission_gives_none_to_its_session(world: Any) -> None:
    """A session policy adds nothing to the role."""
    bucket = world.bucket("bob/one")
    session = world.borrower(world.allow("s3:ListBucket"), policy=world.document(world.allow("s3:*")))
    s3 = world.client(session, "s3")
    assert world.outcome(s3.list_objects_v2, Bucket=bucket) == "allowed"
    assert world.outcome(s3.get_object, Bucket=bucket, Key="bob/one") == "AccessDenied"

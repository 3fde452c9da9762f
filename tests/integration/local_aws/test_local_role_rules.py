"""What IAM requires of new and changed roles, and of the principals that policies name."""

from typing import Any

import pytest

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("seconds", [3599, 43201, 0])
def test_refuses_a_max_session_duration_outside_one_to_twelve_hours(account: Any, seconds: int) -> None:
    """MaxSessionDuration is 3600 to 43200 in CreateRole and UpdateRole."""
    arn, _ = account.user()
    assert account.outcome(account.role, trust=arn, MaxSessionDuration=seconds) == "ValidationError"
    name = account.role(arn).rpartition("/")[2]
    assert account.outcome(account.iam.update_role, RoleName=name, MaxSessionDuration=seconds) == "ValidationError"
    assert account.iam.get_role(RoleName=name)["Role"]["MaxSessionDuration"] == 3600


@pytest.mark.parametrize(
    "principal",
    [
        "arn:aws:iam::123456789012:user/no-such-user",
        "arn:aws:iam::123456789012:role/no-such-role",
        "arn:aws:iam::123456789012:user/*",
        "arn:aws:iam::1234567890:user/temp-user",
        "temp-user",
    ],
)
def test_refuses_a_trust_policy_for_a_principal_that_does_not_exist(account: Any, principal: str) -> None:
    """A trust policy names existing users and roles, without wildcards in their ARNs."""
    assert account.outcome(account.role, trust=principal) == "MalformedPolicyDocument"
    name = account.role(account.user()[0]).rpartition("/")[2]
    statement = {"Effect": "Allow", "Principal": {"AWS": [principal]}, "Action": "sts:AssumeRole"}
    policy = account.document(statement)
    update = account.iam.update_assume_role_policy
    assert account.outcome(update, RoleName=name, PolicyDocument=policy) == "MalformedPolicyDocument"


def test_accepts_every_kind_of_principal_that_exists(account: Any) -> None:
    """A trust policy can name an account, its root, a user, a role, a role session and `*`."""
    user, _ = account.user()
    role = account.role(user)
    session = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/bob"
    for principal in ("123456789012", "arn:aws:iam::123456789012:root", user, role, session, "*"):
        account.role(principal)


def test_a_trust_policy_does_not_trust_a_user_that_is_created_again(account: Any) -> None:
    """A deleted user's unique id replaces its ARN in the trust policy, which denies a new user of the same name."""
    arn, caller = account.user()
    name = arn.rpartition("/")[2]
    role = account.role(arn)
    assert account.outcome(account.assume, caller=caller, role=role) == "allowed"
    unique_id = account.iam.get_user(UserName=name)["User"]["UserId"]
    key = caller.get_credentials().access_key
    account.iam.delete_access_key(UserName=name, AccessKeyId=key)
    account.iam.delete_user(UserName=name)
    new_arn, new_caller = account.user(UserName=name)
    assert new_arn == arn
    assert account.outcome(account.assume, caller=new_caller, role=role) == "AccessDenied"
    trust = account.iam.get_role(RoleName=role.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"AWS": unique_id}


def test_refuses_a_bucket_policy_for_a_principal_that_does_not_exist(account: Any) -> None:
    """PutBucketPolicy returns MalformedPolicy."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject"}
    bucket = account.bucket()
    statement["Resource"] = f"arn:aws:s3:::{bucket}/*"
    user, _ = account.user()
    for principal, expected in ((user, "allowed"), (user + "-missing", "MalformedPolicy")):
        policy = account.document({**statement, "Principal": {"AWS": principal}})
        assert account.outcome(account.s3.put_bucket_policy, Bucket=bucket, Policy=policy) == expected

"""What IAM refuses when a role is made or changed."""

from typing import Any

import pytest

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("seconds", [3599, 43201, 0])
def test_refuses_a_maximum_outside_an_hour_to_twelve(world: Any, seconds: int) -> None:
    """MaxSessionDuration is 3600 to 43200, at CreateRole and UpdateRole."""
    arn, _ = world.user()
    assert world.outcome(world.role, trust=arn, MaxSessionDuration=seconds) == "ValidationError"
    name = world.role(arn).rpartition("/")[2]
    assert world.outcome(world.iam.update_role, RoleName=name, MaxSessionDuration=seconds) == "ValidationError"
    assert world.iam.get_role(RoleName=name)["Role"]["MaxSessionDuration"] == 3600


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
def test_refuses_a_principal_that_does_not_exist(world: Any, principal: str) -> None:
    """A trust policy names users and roles that exist, without wildcards in their ARNs."""
    assert world.outcome(world.role, trust=principal) == "MalformedPolicyDocument"
    name = world.role(world.user()[0]).rpartition("/")[2]
    statement = {"Effect": "Allow", "Principal": {"AWS": [principal]}, "Action": "sts:AssumeRole"}
    policy = world.document(statement)
    update = world.iam.update_assume_role_policy
    assert world.outcome(update, RoleName=name, PolicyDocument=policy) == "MalformedPolicyDocument"


def test_accepts_principals_that_exist(world: Any) -> None:
    """The account, its root, a user, a role, a session of a role and everybody are principals."""
    user, _ = world.user()
    role = world.role(user)
    session = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/bob"
    for principal in ("123456789012", "arn:aws:iam::123456789012:root", user, role, session, "*"):
        world.role(principal)


def test_a_user_made_again_is_not_the_one_that_was_trusted(world: Any) -> None:
    """A deleted user leaves its unique id in the trust policy; another one of the same name is denied."""
    arn, caller = world.user()
    name = arn.rpartition("/")[2]
    role = world.role(arn)
    assert world.outcome(world.assume, caller=caller, role=role) == "allowed"
    unique_id = world.iam.get_user(UserName=name)["User"]["UserId"]
    key = caller.get_credentials().access_key
    world.iam.delete_access_key(UserName=name, AccessKeyId=key)
    world.iam.delete_user(UserName=name)
    again_arn, again = world.user(UserName=name)
    assert again_arn == arn
    assert world.outcome(world.assume, caller=again, role=role) == "AccessDenied"
    trust = world.iam.get_role(RoleName=role.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"AWS": unique_id}


def test_refuses_a_bucket_policy_for_a_principal_that_does_not_exist(world: Any) -> None:
    """PutBucketPolicy answers MalformedPolicy."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject"}
    bucket = world.bucket()
    statement["Resource"] = f"arn:aws:s3:::{bucket}/*"
    user, _ = world.user()
    for principal, expected in ((user, "allowed"), (user + "-gone", "MalformedPolicy")):
        policy = world.document({**statement, "Principal": {"AWS": principal}})
        assert world.outcome(world.s3.put_bucket_policy, Bucket=bucket, Policy=policy) == expected

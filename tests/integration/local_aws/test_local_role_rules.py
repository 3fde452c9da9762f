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

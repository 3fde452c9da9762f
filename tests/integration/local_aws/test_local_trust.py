"""Who a trust policy lets in, and under which conditions."""

from typing import Any

import pytest

pytestmark = pytest.mark.integration
ROOT = "arn:aws:iam::123456789012:root"


def trust(principal: str, action: Any = "sts:AssumeRole", effect: str = "Allow", **condition: Any) -> dict[str, Any]:
    """Return a trust statement; the keyword is a condition operator."""
    statement = {"Effect": effect, "Principal": {"AWS": principal}, "Action": action}
    return {**statement, "Condition": condition} if condition else statement


def outcome(world: Any, caller: Any, role: str, **options: Any) -> str:
    """Return what AssumeRole ends with."""
    return str(world.outcome(world.assume, caller=caller, role=role, **options))


def test_a_user_named_by_arn_needs_no_identity_policy(world: Any) -> None:
    """A trust policy that names a user of the account is enough."""
    arn, caller = world.user()
    assert outcome(world, caller, world.role(arn)) == "allowed"


def test_an_explicit_deny_still_counts_for_a_user_named_by_arn(world: Any) -> None:
    """An explicit deny wins over every allow."""
    arn, caller = world.user({"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"})
    assert outcome(world, caller, world.role(arn)) == "AccessDenied"


def test_a_boundary_limits_what_the_account_root_delegates(world: Any) -> None:
    """Where the identity policy decides, the permissions boundary has to allow it too."""
    boundary = world.iam.create_policy(
        PolicyName=world.name("boundary"), PolicyDocument=world.document(world.allow("s3:*"))
    )["Policy"]["Arn"]
    arn, caller = world.user(world.allow("sts:AssumeRole"), PermissionsBoundary=boundary)
    assert outcome(world, caller, world.role(ROOT)) == "AccessDenied"
    # An implicit deny of a boundary doesn't limit a resource-based policy that names the user's own ARN.
    assert outcome(world, caller, world.role(arn)) == "allowed"


def test_a_boundary_that_denies_counts_for_a_user_named_by_arn(world: Any) -> None:
    """An explicit deny in the boundary wins too."""
    deny = {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}
    boundary = world.iam.create_policy(
        PolicyName=world.name("boundary"), PolicyDocument=world.document(world.allow("*"), deny)
    )["Policy"]["Arn"]
    arn, caller = world.user(PermissionsBoundary=boundary)
    assert outcome(world, caller, world.role(arn)) == "AccessDenied"


def test_a_trust_policy_naming_the_account_needs_an_identity_policy(world: Any) -> None:
    """`:root` leaves it to the caller's own policies."""
    role = world.role(ROOT)
    _, without = world.user()
    _, holder = world.user(world.allow("sts:AssumeRole", role))
    _, other = world.user(world.allow("sts:AssumeRole", role + "-other"))
    assert [outcome(world, caller, role) for caller in (without, holder, other)] == [
        "AccessDenied",
        "allowed",
        "AccessDenied",
    ]


def test_an_identity_policy_alone_is_not_enough(world: Any) -> None:
    """The role has to trust the caller, whatever the caller is allowed."""
    stranger, _ = world.user()
    _, admin = world.user(world.allow("*"))
    assert outcome(world, admin, world.role(stranger)) == "AccessDenied"


def test_a_deny_in_the_trust_policy_wins(world: Any) -> None:
    """A statement that denies the user beats the one that allows the account."""
    arn, caller = world.user(world.allow("sts:AssumeRole"))
    role = world.role(ROOT)
    document = world.document(trust(ROOT), trust(arn, effect="Deny"))
    world.iam.update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=document)
    assert outcome(world, caller, role) == "AccessDenied"


def test_a_trust_policy_naming_the_role_does_not_let_the_user_in(world: Any) -> None:
    """The classic mistake: the role's ARN in place of the user's."""
    arn, caller = world.user()
    role = world.role(arn)
    world.iam.update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=world.document(trust(role)))
    assert outcome(world, caller, role) == "AccessDenied"


@pytest.mark.parametrize(
    ("key", "value", "right", "wrong"),
    [
        ("sts:ExternalId", "agreed-1", {"ExternalId": "agreed-1"}, {"ExternalId": "agreed-2"}),
        ("sts:RoleSessionName", "bob", {"RoleSessionName": "bob"}, {"RoleSessionName": "eve"}),
        ("sts:SourceIdentity", "bob", {"SourceIdentity": "bob"}, {"SourceIdentity": "eve"}),
        ("aws:RequestTag/folder", "bob", {"Tags": [{"Key": "folder", "Value": "bob"}]}, {}),
    ],
)
def test_conditions_of_the_trust_policy_hold(world: Any, key: str, value: str, right: Any, wrong: Any) -> None:
    """The condition keys of AssumeRole hold the request's own values."""
    arn, caller = world.user()
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
    role = world.role(trust(arn, actions, StringEquals={key: value}))
    assert outcome(world, caller, role, **right) == "allowed"
    assert outcome(world, caller, role, **wrong) == "AccessDenied"
    absent = {"RoleSessionName": "other"} if key == "sts:RoleSessionName" else {}
    assert outcome(world, caller, role, **absent) == "AccessDenied"


def test_the_source_address_can_be_a_condition(world: Any) -> None:
    """aws:SourceIp is where the call comes from: this machine."""
    arn, caller = world.user()
    here = world.role(trust(arn, IpAddress={"aws:SourceIp": "127.0.0.0/8"}))
    elsewhere = world.role(trust(arn, IpAddress={"aws:SourceIp": "192.0.2.0/24"}))
    assert outcome(world, caller, here) == "allowed"
    assert outcome(world, caller, elsewhere) == "AccessDenied"


@pytest.mark.parametrize("operator", ["Bool", "BoolIfExists"])
def test_a_role_that_asks_for_mfa_is_refused_with_session_credentials(world: Any, operator: str) -> None:
    """aws:MultiFactorAuthPresent is false for temporary credentials; it can't be made true here."""
    arn, caller = world.user()
    role = world.role({**trust(arn), "Condition": {operator: {"aws:MultiFactorAuthPresent": "true"}}})
    temporary = world.session(world.client(caller, "sts").get_session_token()["Credentials"])
    assert outcome(world, temporary, role) == "AccessDenied"
    # A long-term key carries no such key at all, which only ...IfExists accepts.
    assert outcome(world, caller, role) == ("allowed" if operator == "BoolIfExists" else "AccessDenied")


def test_a_source_identity_needs_its_own_permission(world: Any) -> None:
    """The trust policy must allow sts:SetSourceIdentity when one is sent."""
    arn, caller = world.user()
    plain, able = world.role(arn), world.role(trust(arn, ["sts:AssumeRole", "sts:SetSourceIdentity"]))
    assert outcome(world, caller, plain, SourceIdentity="bob") == "AccessDenied"
    assert outcome(world, caller, able, SourceIdentity="bob") == "allowed"


def test_session_tags_need_their_own_permission(world: Any) -> None:
    """The trust policy must allow sts:TagSession when tags are sent."""
    arn, caller = world.user()
    tags = [{"Key": "folder", "Value": "bob"}]
    plain, able = world.role(arn), world.role(trust(arn, ["sts:AssumeRole", "sts:TagSession"]))
    assert outcome(world, caller, plain, Tags=tags) == "AccessDenied"
    assert outcome(world, caller, able, Tags=tags) == "allowed"


def test_a_source_identity_stays_down_a_chain_of_roles(world: Any) -> None:
    """It is answered, persists in the next session, and can't be changed there."""
    arn, caller = world.user()
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    first = world.role(trust(arn, actions), world.allow("sts:*"))
    answer = world.client(caller, "sts").assume_role(RoleArn=first, RoleSessionName="bob", SourceIdentity="bob")
    assert answer["SourceIdentity"] == "bob"
    chained = world.session(answer["Credentials"])
    second = world.role(trust(first, actions, StringEquals={"aws:SourceIdentity": "bob"}))
    assert outcome(world, chained, second) == "allowed"
    assert outcome(world, chained, second, SourceIdentity="eve") == "AccessDenied"
    assert outcome(world, chained, world.role(first)) == "AccessDenied"


def test_a_session_of_a_named_role_needs_no_identity_policy_but_keeps_its_limits(world: Any) -> None:
    """A trust policy naming a role lets its sessions in, unless their session policy doesn't allow AssumeRole."""
    arn, caller = world.user()
    first = world.role(arn)
    second = world.role(first)
    assert outcome(world, world.assume(caller, first), second) == "allowed"
    narrowed = world.assume(caller, first, world.document(world.allow("s3:*")))
    assert outcome(world, narrowed, second) == "AccessDenied"


def test_a_variable_in_a_trust_policy_ties_the_session_name_to_the_user(world: Any) -> None:
    """`${aws:username}` in a condition on sts:RoleSessionName lets users take their own name only."""
    arn, caller = world.user()
    name = arn.rpartition("/")[2]
    role = world.role(trust(arn, StringLike={"sts:RoleSessionName": "${aws:username}"}))
    assert outcome(world, caller, role, RoleSessionName=name) == "allowed"
    assert outcome(world, caller, role, RoleSessionName="somebody") == "AccessDenied"

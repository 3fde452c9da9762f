"""Which principals may assume a role, and under which conditions."""

from typing import Any

import pytest

pytestmark = pytest.mark.integration
ROOT = "arn:aws:iam::123456789012:root"


def trust(principal: str, action: Any = "sts:AssumeRole", effect: str = "Allow", **condition: Any) -> dict[str, Any]:
    """Return a trust statement; the keywords are condition operators."""
    statement = {"Effect": effect, "Principal": {"AWS": principal}, "Action": action}
    return {**statement, "Condition": condition} if condition else statement


def outcome(account: Any, caller: Any, role: str, **options: Any) -> str:
    """Return the outcome of AssumeRole."""
    return str(account.outcome(account.assume, caller=caller, role=role, **options))


def test_a_user_named_by_arn_needs_no_identity_policy(account: Any) -> None:
    """A trust policy that names a user of the same account is enough."""
    arn, caller = account.user()
    assert outcome(account, caller, account.role(arn)) == "allowed"


def test_an_explicit_deny_applies_to_a_user_named_by_arn(account: Any) -> None:
    """An explicit deny overrides every Allow."""
    arn, caller = account.user({"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"})
    assert outcome(account, caller, account.role(arn)) == "AccessDenied"


def test_a_boundary_limits_a_user_that_is_trusted_through_the_account(account: Any) -> None:
    """The permissions boundary must allow AssumeRole too where the identity policy has to allow it."""
    boundary = account.iam.create_policy(
        PolicyName=account.name("boundary"), PolicyDocument=account.document(account.allow("s3:*"))
    )["Policy"]["Arn"]
    arn, caller = account.user(account.allow("sts:AssumeRole"), PermissionsBoundary=boundary)
    assert outcome(account, caller, account.role(ROOT)) == "AccessDenied"
    # An implicit deny of a boundary doesn't limit a resource-based policy that names the user's ARN.
    assert outcome(account, caller, account.role(arn)) == "allowed"


def test_a_boundary_with_a_deny_applies_to_a_user_named_by_arn(account: Any) -> None:
    """An explicit deny in the boundary overrides the trust policy."""
    deny = {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}
    boundary = account.iam.create_policy(
        PolicyName=account.name("boundary"), PolicyDocument=account.document(account.allow("*"), deny)
    )["Policy"]["Arn"]
    arn, caller = account.user(PermissionsBoundary=boundary)
    assert outcome(account, caller, account.role(arn)) == "AccessDenied"


def test_a_trust_policy_naming_the_account_needs_an_identity_policy(account: Any) -> None:
    """A trust policy that names `:root` leaves the decision to the caller's own policies."""
    role = account.role(ROOT)
    _, without_policy = account.user()
    _, with_policy = account.user(account.allow("sts:AssumeRole", role))
    _, other_role = account.user(account.allow("sts:AssumeRole", role + "-other"))
    assert [outcome(account, caller, role) for caller in (without_policy, with_policy, other_role)] == [
        "AccessDenied",
        "allowed",
        "AccessDenied",
    ]


def test_an_identity_policy_alone_is_not_enough(account: Any) -> None:
    """The role must trust the caller too."""
    other_user, _ = account.user()
    _, admin = account.user(account.allow("*"))
    assert outcome(account, admin, account.role(other_user)) == "AccessDenied"


def test_a_deny_in_the_trust_policy_overrides_its_allow(account: Any) -> None:
    """A statement that denies the user overrides one that allows the account."""
    arn, caller = account.user(account.allow("sts:AssumeRole"))
    role = account.role(ROOT)
    document = account.document(trust(ROOT), trust(arn, effect="Deny"))
    account.iam.update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=document)
    assert outcome(account, caller, role) == "AccessDenied"


def test_a_trust_policy_naming_the_role_itself_does_not_trust_the_user(account: Any) -> None:
    """A common mistake is to name the role's ARN instead of the user's."""
    arn, caller = account.user()
    role = account.role(arn)
    account.iam.update_assume_role_policy(
        RoleName=role.rpartition("/")[2], PolicyDocument=account.document(trust(role))
    )
    assert outcome(account, caller, role) == "AccessDenied"


@pytest.mark.parametrize(
    ("key", "value", "matching", "other"),
    [
        ("sts:ExternalId", "agreed-1", {"ExternalId": "agreed-1"}, {"ExternalId": "agreed-2"}),
        ("sts:RoleSessionName", "bob", {"RoleSessionName": "bob"}, {"RoleSessionName": "eve"}),
        ("sts:SourceIdentity", "bob", {"SourceIdentity": "bob"}, {"SourceIdentity": "eve"}),
        ("aws:RequestTag/folder", "bob", {"Tags": [{"Key": "folder", "Value": "bob"}]}, {}),
    ],
)
def test_conditions_of_the_trust_policy_apply(account: Any, key: str, value: str, matching: Any, other: Any) -> None:
    """The condition keys of AssumeRole have the values of the request."""
    arn, caller = account.user()
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
    role = account.role(trust(arn, actions, StringEquals={key: value}))
    assert outcome(account, caller, role, **matching) == "allowed"
    assert outcome(account, caller, role, **other) == "AccessDenied"
    absent = {"RoleSessionName": "other"} if key == "sts:RoleSessionName" else {}
    assert outcome(account, caller, role, **absent) == "AccessDenied"


def test_a_condition_on_source_ip_applies(account: Any) -> None:
    """aws:SourceIp is the address of the client."""
    arn, caller = account.user()
    local = account.role(trust(arn, IpAddress={"aws:SourceIp": "127.0.0.0/8"}))
    remote = account.role(trust(arn, IpAddress={"aws:SourceIp": "192.0.2.0/24"}))
    assert outcome(account, caller, local) == "allowed"
    assert outcome(account, caller, remote) == "AccessDenied"


@pytest.mark.parametrize("operator", ["Bool", "BoolIfExists"])
def test_session_credentials_cannot_assume_a_role_that_requires_mfa(account: Any, operator: str) -> None:
    """aws:MultiFactorAuthPresent is false for temporary credentials; the local AWS has no MFA."""
    arn, caller = account.user()
    role = account.role({**trust(arn), "Condition": {operator: {"aws:MultiFactorAuthPresent": "true"}}})
    temporary = account.session(account.client(caller, "sts").get_session_token()["Credentials"])
    assert outcome(account, temporary, role) == "AccessDenied"
    # Requests with long-term credentials don't have the key, which only ...IfExists accepts.
    assert outcome(account, caller, role) == ("allowed" if operator == "BoolIfExists" else "AccessDenied")


def test_a_source_identity_needs_its_own_permission(account: Any) -> None:
    """The trust policy must allow sts:SetSourceIdentity for a call with a source identity."""
    arn, caller = account.user()
    without_permission, with_permission = (
        account.role(arn),
        account.role(trust(arn, ["sts:AssumeRole", "sts:SetSourceIdentity"])),
    )
    assert outcome(account, caller, without_permission, SourceIdentity="bob") == "AccessDenied"
    assert outcome(account, caller, with_permission, SourceIdentity="bob") == "allowed"


def test_session_tags_need_their_own_permission(account: Any) -> None:
    """The trust policy must allow sts:TagSession for a call with session tags."""
    arn, caller = account.user()
    tags = [{"Key": "folder", "Value": "bob"}]
    without_permission, with_permission = (
        account.role(arn),
        account.role(trust(arn, ["sts:AssumeRole", "sts:TagSession"])),
    )
    assert outcome(account, caller, without_permission, Tags=tags) == "AccessDenied"
    assert outcome(account, caller, with_permission, Tags=tags) == "allowed"


def test_a_source_identity_persists_in_role_chaining(account: Any) -> None:
    """AssumeRole returns it; the next session has it too, and can't change it."""
    arn, caller = account.user()
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    first = account.role(trust(arn, actions), account.allow("sts:*"))
    response = account.client(caller, "sts").assume_role(RoleArn=first, RoleSessionName="bob", SourceIdentity="bob")
    assert response["SourceIdentity"] == "bob"
    chained = account.session(response["Credentials"])
    second = account.role(trust(first, actions, StringEquals={"aws:SourceIdentity": "bob"}))
    assert outcome(account, chained, second) == "allowed"
    assert outcome(account, chained, second, SourceIdentity="eve") == "AccessDenied"
    assert outcome(account, chained, account.role(first)) == "AccessDenied"


def test_a_session_policy_limits_a_session_whose_role_is_trusted(account: Any) -> None:
    """A session of a trusted role needs no identity policy, but its session policy must allow AssumeRole."""
    arn, caller = account.user()
    first = account.role(arn)
    second = account.role(first)
    assert outcome(account, account.assume(caller, first), second) == "allowed"
    limited = account.assume(caller, first, account.document(account.allow("s3:*")))
    assert outcome(account, limited, second) == "AccessDenied"


def test_a_variable_in_a_trust_policy_requires_the_users_own_session_name(account: Any) -> None:
    """A condition on sts:RoleSessionName with `${aws:username}` allows only the user's name."""
    arn, caller = account.user()
    name = arn.rpartition("/")[2]
    role = account.role(trust(arn, StringLike={"sts:RoleSessionName": "${aws:username}"}))
    assert outcome(account, caller, role, RoleSessionName=name) == "allowed"
    assert outcome(account, caller, role, RoleSessionName="somebody") == "AccessDenied"

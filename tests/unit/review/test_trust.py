"""Changes of who may assume the role and under which conditions, in words."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.review.model import Direction
from tests.unit.support.review_edits import Edit, Templates, add_trust_statement, properties, review_edits, unchanged

OIDC = "arn:aws:iam::111122223333:oidc-provider/token.example.com"
SAML = "arn:aws:iam::111122223333:saml-provider/okta"


def web(**condition: dict[str, str]) -> Edit:
    """Return the edit that lets users of an identity provider assume the role."""
    more = {"Condition": condition} if condition else {}
    return add_trust_statement(
        Effect="Allow", Principal={"Federated": OIDC}, Action="sts:AssumeRoleWithWebIdentity", **more
    )


def requiring(**condition: Any) -> Edit:
    """Return the edit that adds conditions to the user's statement."""

    def edit(templates: Templates) -> None:
        properties(templates, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] = condition

    return edit


@pytest.mark.parametrize(
    ("edit", "callers"),
    [
        (web(), "users of oidc-provider/token.example.com"),
        (
            add_trust_statement(Effect="Allow", Principal={"Federated": SAML}, Action="sts:AssumeRoleWithSAML"),
            "users of saml-provider/okta",
        ),
        (
            add_trust_statement(
                Effect="Allow",
                Principal={"Federated": "arn:aws:iam::111122223333:other/x"},
                Action="sts:AssumeRoleWithWebIdentity",
            ),
            "users of arn:aws:iam::ACCOUNT:other/x",
        ),
        (
            web(StringEquals={"token.example.com:sub": "repo"}),
            "users of oidc-provider/token.example.com (token.example.com:sub required)",
        ),
    ],
)
def test_compares_users_of_an_identity_provider(tmp_path: Path, edit: Edit, callers: str) -> None:
    """They assume the role with their own call instead of sts:AssumeRole."""
    review = review_edits(tmp_path, edit)
    assert [change.description for change in review.changes] == [f"temp-role can now be assumed by {callers}"]
    assert review.headline is Direction.BROADENED


MFA, ID = "aws:MultiFactorAuthPresent", "sts:ExternalId"
NARROW, WIDE = ({"aws:SourceIp": ip} for ip in ("203.0.113.0/24", "203.0.0.0/16"))


@pytest.mark.parametrize(
    ("base", "head", "conditions"),
    [
        (requiring(StringEquals={ID: "a"}), unchanged, "without an external id"),
        (requiring(StringEquals={ID: "a"}), requiring(StringEquals={ID: "b"}), "with a different external id"),
        (requiring(Bool={MFA: "true"}), requiring(BoolIfExists={MFA: "true"}), "also without MFA"),
        (requiring(BoolIfExists={MFA: "true"}), requiring(Bool={MFA: "true"}), "only with MFA"),
        (unchanged, requiring(StringLike={"sts:RoleSessionName": "a*"}), "only with certain session names"),
        (requiring(IpAddress=NARROW), unchanged, "with any source IP"),
        (requiring(IpAddress=NARROW), requiring(IpAddress=WIDE), "also with a different source IP"),
        (requiring(IpAddress=WIDE), requiring(IpAddress=NARROW), "only with some of the earlier source IPs"),
    ],
)
def test_describes_how_a_condition_changed(tmp_path: Path, base: Edit, head: Edit, conditions: str) -> None:
    """The description says which values the role accepts now, or whether the key is still required."""
    [change] = review_edits(tmp_path, head, base).changes
    assert change.description == f"temp-role can now be assumed by temp-user {conditions}"


@pytest.mark.parametrize(
    ("action", "does"),
    [
        ("sts:TagSession", "pass session tags to temp-role"),
        ("sts:SetSourceIdentity", "set the source identity of sessions of temp-role"),
        ("sts:SetContext", "pass an identity context to temp-role"),
    ],
)
def test_what_a_caller_adds_to_its_session_is_a_change(tmp_path: Path, action: str, does: str) -> None:
    """Session tags, a source identity and a context need a permission of their own, and conditions can test them."""
    account = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:user/temp-user"}}
    edit = add_trust_statement(Effect="Allow", Principal=account, Action=action)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    [gained] = review_edits(tmp_path / "one", edit).changes
    [lost] = review_edits(tmp_path / "two", unchanged, edit).changes
    assert (gained.direction, gained.description) == (Direction.BROADENED, f"temp-user can now {does}")
    assert (lost.direction, lost.description) == (Direction.NARROWED, f"temp-user can no longer {does}")

"""Who may assume the role, and on which conditions, in words."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.review.model import Direction
from tests.unit.support.review_edits import Edit, Templates, nothing, properties, reviewed, trusted

OIDC = "arn:aws:iam::111122223333:oidc-provider/token.example.com"
SAML = "arn:aws:iam::111122223333:saml-provider/okta"


def web(**condition: dict[str, str]) -> Edit:
    """Return the edit that lets users of an identity provider assume the role."""
    more = {"Condition": condition} if condition else {}
    return trusted(Effect="Allow", Principal={"Federated": OIDC}, Action="sts:AssumeRoleWithWebIdentity", **more)


def asking(**condition: Any) -> Edit:
    """Return the edit that makes the user's statement ask for something."""

    def edit(templates: Templates) -> None:
        properties(templates, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] = condition

    return edit


@pytest.mark.parametrize(
    ("edit", "who"),
    [
        (web(), "users of oidc-provider/token.example.com"),
        (
            trusted(Effect="Allow", Principal={"Federated": SAML}, Action="sts:AssumeRoleWithSAML"),
            "users of saml-provider/okta",
        ),
        (
            trusted(
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
def test_users_of_an_identity_provider_are_tried(tmp_path: Path, edit: Edit, who: str) -> None:
    """They ask for the role with another call than sts:AssumeRole."""
    found = reviewed(tmp_path, edit)
    assert [change.text for change in found.changes] == [f"temp-role can now be assumed by {who}"]
    assert found.headline is Direction.BROADENED


MFA = "aws:MultiFactorAuthPresent"
NARROW, WIDE = ({"aws:SourceIp": ip} for ip in ("203.0.113.0/24", "203.0.0.0/16"))


@pytest.mark.parametrize(
    ("base", "head", "words"),
    [
        (asking(Bool={MFA: "true"}), asking(BoolIfExists={MFA: "true"}), "now also without MFA"),
        (asking(BoolIfExists={MFA: "true"}), asking(Bool={MFA: "true"}), "now only with MFA"),
        (nothing, asking(StringLike={"sts:RoleSessionName": "a*"}), "now only with certain session names"),
        (asking(IpAddress=NARROW), nothing, "now with any source IP"),
        (asking(IpAddress=NARROW), asking(IpAddress=WIDE), "now also with another source IP"),
        (asking(IpAddress=WIDE), asking(IpAddress=NARROW), "now with fewer source IPs"),
    ],
)
def test_how_a_condition_changed_is_said(tmp_path: Path, base: Edit, head: Edit, words: str) -> None:
    """What is admitted besides, no longer, or without the key."""
    [change] = reviewed(tmp_path, head, base).changes
    assert change.text == f"temp-role can be assumed by temp-user {words}"

"""The trust policies of grants with borrowers break none of the rules, whoever the borrowers are."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.iam.service_principals import OTHERS, SENDERS
from temp_access.policies.borrower_trust import grant_trust_policy
from tests.unit.support.config_file import config_of
from tests.unit.support.linting import lint, resource

ACCOUNT = "111122223333"
FILE = """
[role.conditions]
mfa = true
source_ip = ["192.0.2.0/24"]
[users.ann]
[identity_providers.github]
issuer = "https://token.actions.githubusercontent.com"
audience = "sts.amazonaws.com"
[identity_providers.gitlab]
issuer = "https://gitlab.com"
audience = "https://gitlab.com"
[identity_providers.own]
issuer = "https://login.example.com"
audience = "temp-access"
[grants.x]
access = "read"
"""
BORROWERS = [
    "user/ann",
    "role/build",
    "sso/DataTeam",
    "sso/DataTeam/ann@example.com",
    "oidc/github/repo:example/app:ref:refs/heads/main",
    "oidc/github/repo:example/app:environment:*",
    "oidc/gitlab/project_path:group/project:ref_type:branch:ref:*",
    "oidc/own/system:serviceaccount:ns:sa",
    "oidc/own/a*",
    *(f"service/{name}.amazonaws.com" for name in (*SENDERS, *OTHERS)),
]


def template(tmp_path: Path, borrower: str) -> dict[str, Any]:
    """Return a template of a role that this borrower can assume."""
    config = config_of(tmp_path, f"{FILE}borrowers = [{borrower}]\n")
    document = grant_trust_policy(config.grants["x"], config, account=ACCOUNT, partition="aws")
    return resource("AWS::IAM::Role", AssumeRolePolicyDocument=document)


@pytest.mark.parametrize("borrower", BORROWERS)
def test_the_trust_in_a_borrower_breaks_no_rule(tmp_path: Path, borrower: str) -> None:
    """People of IAM Identity Center are trusted by the account, and services for the account where they send it."""
    assert lint(template(tmp_path, f'"{borrower}"')) == ()


def test_the_trust_in_another_account_breaks_no_rule(tmp_path: Path) -> None:
    """It has an external id."""
    partner = '{ principal = "arn:aws:iam::222233334444:role/partner", external_id = "the-partner-7f3a" }'
    assert lint(template(tmp_path, partner)) == ()

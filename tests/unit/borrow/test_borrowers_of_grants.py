"""Which borrower a caller is: by its ARN, or by what its token says."""

from pathlib import Path
from typing import Any

import pytest

from temp_access.borrow.borrowers import borrower_of, describe_borrowers, token_borrower_of
from temp_access.config.model import Config
from tests.unit.support.config_file import config_of

ACCOUNT, OTHER = "111122223333", "222233334444"
SUFFIX = "0123456789abcdef"
FILE = """
[identity_providers.github]
issuer = "https://token.actions.githubusercontent.com"
audience = "sts.amazonaws.com"
[grants.bob]
access = "read"
borrowers = [
    "user/ann", "user/team/ben", "role/path/build", "sso/Data", "sso/Admin/ann@example.com",
    "oidc/github/repo:example/app:ref:refs/heads/main", "oidc/github/repo:example/app:environment:*",
    "service/lambda.amazonaws.com",
    { principal = "arn:aws:iam::222233334444:role/partner", external_id = "the-partner" },
]
"""


@pytest.fixture(name="config")
def _config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    # So many borrowers need a raised quota.
    monkeypatch.setattr("temp_access.policies.borrower_checks.MAX_TRUST_POLICY", 4096)
    return config_of(tmp_path, FILE)


@pytest.mark.parametrize(
    ("caller", "text"),
    [
        (f"iam::{ACCOUNT}:user/ann", "user/ann"),
        (f"iam::{ACCOUNT}:user/other/ann", None),
        (f"iam::{OTHER}:user/ann", None),
        (f"iam::{ACCOUNT}:user/team/ben", "user/team/ben"),
        (f"iam::{ACCOUNT}:user/ben", None),
        (f"sts::{ACCOUNT}:assumed-role/build/session", "role/path/build"),
        (f"sts::{ACCOUNT}:assumed-role/build2/session", None),
        (f"sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Data_{SUFFIX}/zoe", "sso/Data"),
        (f"sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Data_X_{SUFFIX}/zoe", None),
        (f"sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admin_{SUFFIX}/ann@example.com", "sso/Admin/ann@example.com"),
        (f"sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admin_{SUFFIX}/eve@example.com", None),
        (f"sts::{OTHER}:assumed-role/partner/x", "arn:aws:iam::222233334444:role/partner"),
        (f"sts::{ACCOUNT}:assumed-role/partner/x", None),
        (f"iam::{ACCOUNT}:root", None),
        (f"sts::{ACCOUNT}:federated-user/ann", None),
    ],
)
def test_finds_the_borrower_of_a_caller(config: Config, caller: str, text: str | None) -> None:
    """Users by name and path, roles by name, people by permission set and username, each in its account."""
    found = borrower_of(config.grants["bob"], f"arn:aws:{caller}", ACCOUNT)
    assert (found and found.text) == text


@pytest.mark.parametrize(
    ("issuer", "subject", "matches"),
    [
        ("https://token.actions.githubusercontent.com", "repo:example/app:ref:refs/heads/main", True),
        ("https://token.actions.githubusercontent.com", "repo:example/app:environment:prod", True),
        ("https://token.actions.githubusercontent.com", "repo:example/app:ref:refs/heads/main2", False),
        ("https://token.actions.githubusercontent.com", "xrepo:example/app:environment:prod", False),
        ("https://other.example.com", "repo:example/app:ref:refs/heads/main", False),
    ],
)
def test_finds_the_borrower_of_a_token(config: Config, issuer: str, subject: str, matches: bool) -> None:
    """By issuer and subject, in which * is a wildcard."""
    claims: dict[str, Any] = {"iss": issuer, "sub": subject, "aud": "x"}
    assert bool(token_borrower_of(config.grants["bob"], config.identity_providers, claims)) == matches
    assert token_borrower_of(config.grants["bob"], config.identity_providers, {}) is None


def test_names_the_first_borrowers(config: Config) -> None:
    """A message stays readable."""
    assert describe_borrowers(config.grants["bob"]).endswith("service/lambda.amazonaws.com and 1 more")

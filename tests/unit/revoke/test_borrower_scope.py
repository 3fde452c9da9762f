"""One borrower of several: what in a session tells who began it, and when nothing does."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from temp_access.config.model import Config
from temp_access.errors import UserError
from temp_access.revoke.model import Revocation, RevocationScope, ScopeType, describe_sessions
from temp_access.revoke.policy import is_revocation_policy, policy_name, read_revocations, revocation_policy
from temp_access.revoke.scopes import borrower_scope
from tests.unit.support.config_file import config_of

TIME = datetime(2026, 1, 31, 12, tzinfo=UTC)
IDENTITY = 'source_identity = "${aws:username}"'
GITHUB = '[identity_providers.github]\nissuer = "https://token.actions.githubusercontent.com"\naudience = "sts"\n'
PIPELINE = "oidc/github/repo:example/app:ref:refs/heads/main"


def config(tmp_path: Path, conditions: str, *borrowers: str) -> Config:
    names = ", ".join(f'"{each}"' for each in borrowers)
    table = f"[role.conditions]\n{conditions}\n" if conditions else ""
    provider = GITHUB if PIPELINE in borrowers else ""
    return config_of(tmp_path, f'{table}{provider}[grants.bob]\naccess = "read"\nborrowers = [{names}]\n')


def scope(tmp_path: Path, conditions: str, *borrowers: str) -> RevocationScope:
    made = config(tmp_path, conditions, *borrowers)
    return borrower_scope(made, made.grants["bob"], borrowers[0])


@pytest.mark.parametrize(
    ("conditions", "borrowers", "expected", "text"),
    [
        ("", ["role/build"], RevocationScope(ScopeType.ALL), "all sessions"),
        (IDENTITY, ["user/ann", "user/ben", PIPELINE], RevocationScope(ScopeType.SOURCE_IDENTITY, "ann"),
         "sessions with a source identity like ann"),
        ('session_name = "*@${aws:username}"', ["user/team/ann", "user/joan"],
         RevocationScope(ScopeType.NAMES, "*@ann"), "sessions called like *@ann"),
        ('session_name = "${aws:username}@*"', ["user/ann", "user/ben"],
         RevocationScope(ScopeType.GRANT, "ann@"), "sessions called ann@…"),
    ],
)  # fmt: skip
def test_a_condition_on_the_user_s_name_tells_the_borrower(
    conditions: str, borrowers: list[str], expected: RevocationScope, text: str, tmp_path: Path
) -> None:
    """The revocation is recognized when it is read back."""
    found = scope(tmp_path, conditions, *borrowers)

    assert found == expected
    assert describe_sessions(found) == text
    revocation = Revocation(found, TIME)
    policy = revocation_policy([revocation])
    assert read_revocations(policy) == (revocation,)
    assert is_revocation_policy(policy_name(revocation), policy)


@pytest.mark.parametrize(
    ("conditions", "borrowers"),
    [
        ("", ["user/ann", "user/ben"]),
        # A session called a-x-ann is both users'.
        ('session_name = "*-${aws:username}"', ["user/ann", "user/x-ann"]),
        # A pipeline can choose any name.
        ('session_name = "*@${aws:username}"', ["user/ann", PIPELINE]),
        (IDENTITY, [PIPELINE, "user/ann"]),
        (IDENTITY, ["service/lambda.amazonaws.com", "user/ann"]),
    ],
)
def test_where_nothing_tells_them_apart_it_is_refused(conditions: str, borrowers: list[str], tmp_path: Path) -> None:
    """The message says what to do instead."""
    with pytest.raises(UserError, match="can't be told from those of the other borrowers of bob; remove it from"):
        scope(tmp_path, conditions, *borrowers)


def test_a_borrower_of_another_grant_is_named(tmp_path: Path) -> None:
    """With those that the grant has."""
    made = config(tmp_path, "", "user/ann", "role/build")

    with pytest.raises(UserError, match=r"'user/eve' isn't a borrower of bob; pass one of user/ann, role/build"):
        borrower_scope(made, made.grants["bob"], "user/eve")

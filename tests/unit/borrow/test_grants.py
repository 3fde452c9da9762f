"""The grant of an id, and that `--access` can only narrow it."""

from pathlib import Path

import pytest

from temp_access.aws.errors import AccessTooWide, BorrowError, GrantNotFound, NotDeployed, PolicyTooLarge
from temp_access.borrow.grants import find_grant, is_subset, narrow, policy_to_send
from temp_access.borrow.role_discovery import RoleDetails
from temp_access.config.model import Grant
from temp_access.policies.access_modes import ACCESS_MODES
from tests.unit.support.config_file import config_of

ANY_ID = '[any_id]\npattern = "tenant-[0-9]{1,6}"\naccess = "read"\nfolder = "tenants/{id}"\n'


def test_finds_listed_and_admitted_ids(tmp_path: Path) -> None:
    """Ids that [any_id] admits work like listed ones."""
    config = config_of(tmp_path, '[grants.bob]\naccess = "write"\n' + ANY_ID)
    assert find_grant(config, "bob").access == "write"
    assert find_grant(config, "tenant-7").folder == "tenants/tenant-7"


@pytest.mark.parametrize("id_", ["bobb", "tenant-", "tenant-7/../bob", "", "tenant-1234567"])
def test_suggests_the_nearest_id(tmp_path: Path, id_: str) -> None:
    """An unknown id is a typed error that names the most similar id."""
    config = config_of(tmp_path, '[grants.bobby]\naccess = "write"\n' + ANY_ID)
    with pytest.raises(GrantNotFound) as caught:
        find_grant(config, id_)
    assert ("did you mean 'bobby'" in caught.value.cause) == (id_ == "bobb")
    assert caught.value.exit_code == 2


PARTS = {
    "list": {"list"},
    "read": {"list", "read"},
    "write": {"write"},
    "read-write": {"list", "read", "write", "read-write"},
    "full": {"list", "read", "write", "read-write", "full"},
}


@pytest.mark.parametrize("whole", ACCESS_MODES)
@pytest.mark.parametrize("part", ACCESS_MODES)
def test_refuses_a_mode_that_the_grant_does_not_include(part: str, whole: str) -> None:
    """--access gives less than the grant, or an error; never more."""
    grant = Grant("bob", whole, "bob")
    assert is_subset(ACCESS_MODES[part], ACCESS_MODES[whole]) == (part in PARTS[whole])
    if part in PARTS[whole]:
        assert narrow(grant, part) == Grant("bob", part, "bob")
    else:
        with pytest.raises(AccessTooWide, match="use one of"):
            narrow(grant, part)


def test_refuses_an_unknown_mode() -> None:
    """A misspelt mode isn't ignored."""
    with pytest.raises(AccessTooWide, match="'raed' isn't an access mode"):
        narrow(Grant("bob", "read", "bob"), "raed")


ROLE = RoleDetails("arn:aws:iam::111122223333:role/r", "bucket", 3600, "arn:aws:iam::111122223333:user/u")
OWN = '[grants.bob]\naccess = "read-write"\nborrowers = ["user/ann"]\n'


@pytest.mark.parametrize("id_", ["bob", "tenant-7"])
def test_within_is_a_subfolder_of_the_grants(tmp_path: Path, id_: str) -> None:
    """Of listed grants and of those that [any_id] admits; what is sent names the subfolder."""
    config = config_of(tmp_path, OWN + ANY_ID)
    whole = find_grant(config, id_)
    grant = narrow(whole, None, "2026/q1")
    assert grant.folder == f"{whole.folder}/2026/q1"
    policy = policy_to_send(config, grant, ROLE)
    assert policy is not None
    assert f"bucket/{grant.folder}/*" in policy


@pytest.mark.parametrize("within", ["", "/a", "a/", "a//b", ".", "..", "a/..", " a", "a\n", "€", "x" * 598])
def test_refuses_what_is_no_subfolder(within: str) -> None:
    """The message says what is wrong and what to write."""
    with pytest.raises(BorrowError, match=r"the subfolder .* can't be used: ") as caught:
        narrow(Grant("bob", "read", "bob"), None, within)
    assert caught.value.remedy


def test_a_subfolder_counts_toward_the_session_policy(tmp_path: Path) -> None:
    """STS accepts 2,048 characters, and an escaped one has four."""
    config = config_of(tmp_path, OWN)
    with pytest.raises(PolicyTooLarge, match="STS accepts 2048") as caught:
        policy_to_send(config, narrow(config.grants["bob"], None, "*" * 500), ROLE)
    assert "subfolder" in caught.value.remedy


def test_a_grants_own_role_needs_no_session_policy(tmp_path: Path) -> None:
    """Only narrowed sessions do, and they need the bucket's name."""
    config = config_of(tmp_path, OWN)
    bob, blind = config.grants["bob"], RoleDetails(ROLE.arn, "", 3600, ROLE.caller_arn)
    assert policy_to_send(config, bob, blind) is None
    assert policy_to_send(config, narrow(bob, "read-write"), blind) is None
    assert policy_to_send(config, narrow(bob, "read"), ROLE) is not None
    with pytest.raises(NotDeployed, match="can't look it up"):
        policy_to_send(config, narrow(bob, "read"), blind)


@pytest.mark.parametrize(
    ("within", "written"), [("*", "${*}"), ("a?", "a${?}"), ("${aws:username}", "${$}{aws:username}"), ("a b", "a b")]
)
def test_a_subfolder_is_literal(tmp_path: Path, within: str, written: str) -> None:
    """No wildcard and no variable in it has a meaning."""
    config = config_of(tmp_path, OWN)
    policy = policy_to_send(config, narrow(config.grants["bob"], None, within), ROLE)
    assert policy is not None
    assert f"bucket/bob/{written}/*" in policy

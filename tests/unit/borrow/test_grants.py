"""The grant of an id, and that `--access` can only narrow it."""

from pathlib import Path

import pytest

from temp_access.aws.errors import AccessTooWide, GrantNotFound
from temp_access.borrow.grants import find_grant, is_subset, narrow
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

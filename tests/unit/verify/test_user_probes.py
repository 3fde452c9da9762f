"""The user's credentials for `temp-access verify`."""

import argparse
from pathlib import Path

import pytest

from temp_access.cli.verify import _user_session
from temp_access.errors import TempAccessError
from tests.unit.support.planning import TARGET


@pytest.fixture(autouse=True)
def _keys_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"ACCESS_KEY_ID": "x" * 20, "SECRET_ACCESS_KEY": "y", "REGION": "us-east-1", "MAX_ATTEMPTS": "1"}
    for name, value in {**settings, "ENDPOINT_URL": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def test_unusable_default_credentials_are_ignored() -> None:
    """With --deployer-profile they aren't needed; a key is created for the run."""
    assert _user_session(argparse.Namespace(profile=None, deployer_profile="admin", region=None), TARGET) is None


def test_an_unusable_profile_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user named it."""
    (tmp_path / "config").write_text("[profile temp-user]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(TempAccessError, match="credentials"):
        _user_session(argparse.Namespace(profile="temp-user", deployer_profile="admin", region=None), TARGET)

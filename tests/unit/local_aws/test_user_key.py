"""The deployed user's key in the state folder: forgotten only by who knows that it is refused."""

import json
from pathlib import Path

from temp_access.local_aws.state_dir import StateDir
from temp_access.local_aws.user_key import forget_key


def test_another_processes_new_key_stays(tmp_path: Path) -> None:
    """Two find the key of an earlier deployment refused; the second one mustn't forget what the first one made."""
    state = StateDir.of(tmp_path)
    state.users.mkdir()
    state.user("u").write_text(json.dumps({"AccessKeyId": "AKIANEW", "SecretAccessKey": "x"}))
    assert forget_key(tmp_path, "u", "AKIAOLD")
    assert state.user("u").exists()
    assert forget_key(tmp_path, "u", "AKIANEW")
    assert not state.user("u").exists()
    assert not forget_key(tmp_path, "u", "AKIANEW")
    assert not forget_key(tmp_path, "u")


def test_every_key_goes_with_the_deployment(tmp_path: Path) -> None:
    """Destroy knows no key's id."""
    state = StateDir.of(tmp_path)
    state.users.mkdir()
    state.user("u").write_text("{}")
    assert forget_key(tmp_path, "u")
    assert not state.user("u").exists()

"""The access log is bounded: a full file becomes the former one."""

import json
import stat
from pathlib import Path

from temp_access.local_aws.server.access_log import AccessLog


def lines(path: Path) -> list[str]:
    """Return the actions of the file's lines."""
    return [json.loads(line)["action"] for line in path.read_text().splitlines()]


def test_a_full_log_is_kept_once(tmp_path: Path) -> None:
    """No line is cut or lost at the change; the file before the former one goes."""
    path = tmp_path / "access.log"
    log = AccessLog(path, max_bytes=1000)
    for number in range(100):
        log.write(f"action:{number}", 200)
    former = tmp_path / "access.log.1"
    assert sorted(tmp_path.iterdir()) == [path, former]
    assert max(path.stat().st_size, former.stat().st_size) <= 1000
    kept = [int(action.partition(":")[2]) for action in lines(former) + lines(path)]
    assert kept == list(range(kept[0], 100))
    assert len(kept) > 15
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_grows_over_restarts(tmp_path: Path) -> None:
    """What a former server wrote counts."""
    path = tmp_path / "access.log"
    for number in range(100):
        AccessLog(path, max_bytes=1000).write(f"action:{number}", 200)
    assert path.stat().st_size <= 1000
    assert lines(path)[-1] == "action:99"


def test_a_long_method_is_cut(tmp_path: Path) -> None:
    """A client chooses it."""
    path = tmp_path / "access.log"
    AccessLog(path).write("-:" + "X" * 10_000, 403)
    assert path.stat().st_size < 250

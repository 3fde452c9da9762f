"""The cache: private, complete or missing, and never a reason to fail."""

import json
import os
import stat
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from temp_access.borrow.cache import Cache, cache_folder
from temp_access.borrow.cached_session import file_digests
from temp_access.borrow.session_store import SessionStore
from temp_access.cli.status import _sessions
from temp_access.errors import UserError
from tests.unit.support.cached_session import cached_session


def value(**fields: object) -> dict[str, Any]:
    """Return an object that expires in an hour."""
    return {"expires_at": time.time() + 3600, **fields}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """A cache in a folder that doesn't exist yet."""
    return Cache(str(tmp_path / "cache" / "temp-access"))


def file_of(cache: Cache, key: str = "k") -> Path:
    """Return the file of a session."""
    return Path(cache.folder) / "sessions" / f"{key}.json"


def test_only_the_owner_can_read_the_files(cache: Cache) -> None:
    """Files have mode 0600 and folders 0700, with any umask."""
    before = os.umask(0)
    try:
        cache.write("sessions", "k", value(a=1))
    finally:
        os.umask(before)
    assert stat.S_IMODE(file_of(cache).stat().st_mode) == 0o600
    for folder in (Path(cache.folder), file_of(cache).parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (cache.read("sessions", "k") or {})["a"] == 1


def test_restricts_a_folder_that_others_can_read(cache: Cache) -> None:
    """The user's own folder gets mode 0700."""
    file_of(cache).parent.mkdir(parents=True, mode=0o755)
    cache.write("sessions", "k", value())
    assert stat.S_IMODE(file_of(cache).parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"format": 0}', "[" * 100_000, "\x00"])
def test_ignores_a_broken_file(cache: Cache, content: str) -> None:
    """An incomplete file or another format is a miss, not an error."""
    cache.write("sessions", "k", value())
    file_of(cache).write_text(content)
    assert cache.read("sessions", "k") is None


def test_ignores_a_file_that_others_can_access(cache: Cache) -> None:
    """Another user may have read or changed it."""
    cache.write("sessions", "k", value())
    for mode in (0o644, 0o620, 0o602):
        file_of(cache).chmod(mode)
        assert cache.read("sessions", "k") is None


def test_ignores_links_folders_and_pipes(cache: Cache, tmp_path: Path) -> None:
    """Only regular files are read, and none of the others blocks."""
    cache.write("sessions", "other", value())
    file_of(cache).symlink_to(file_of(cache, "other"))
    assert cache.read("sessions", "k") is None
    file_of(cache).unlink()
    os.mkfifo(file_of(cache), 0o600)
    assert cache.read("sessions", "k") is None
    pipe = os.open(file_of(cache), os.O_RDWR)
    os.write(pipe, file_of(cache, "other").read_bytes())
    assert cache.read("sessions", "k") is None
    os.close(pipe)
    file_of(cache).unlink()
    file_of(cache).mkdir()
    assert cache.read("sessions", "k") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_ignores_another_users_file(cache: Cache) -> None:
    """Another user could plant credentials of their own."""
    cache.write("sessions", "k", value())
    os.chown(file_of(cache), 12345, -1)
    assert cache.read("sessions", "k") is None


def test_refuses_a_linked_folder(cache: Cache, tmp_path: Path) -> None:
    """Secrets aren't written through a link that another user planted."""
    Path(cache.folder).parent.mkdir()
    (tmp_path / "elsewhere").mkdir()
    Path(cache.folder).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError):
        cache.write("sessions", "k", value())


def test_a_failed_write_keeps_the_old_file(cache: Cache) -> None:
    """The file is replaced atomically, and no unfinished file is left."""
    cache.write("sessions", "k", value(a=1))
    with pytest.raises(TypeError):
        cache.write("sessions", "k", value(a=object()))
    assert (cache.read("sessions", "k") or {})["a"] == 1
    assert [file.name for file in file_of(cache).parent.iterdir()] == ["k.json"]


def test_removes_expired_and_unfinished_files(cache: Cache) -> None:
    """Secrets stay on the disk no longer than they are valid."""
    cache.write("sessions", "alive", value())
    cache.write("sessions", "dead", {"expires_at": time.time() - 1})
    for name, age in (("new", 60), ("left", 7200)):
        file = file_of(cache).parent / f".new-{name}"
        file.touch()
        os.utime(file, (time.time() - age,) * 2)
    cache.remove_expired("sessions")
    assert {".new-new", "alive.json"} == {file.name for file in file_of(cache).parent.iterdir()}


def test_removes_the_sessions_of_an_older_access_toml(cache: Cache) -> None:
    """Only those of the same path, and not those of its current content."""
    for key in ("aaaaaaaa11111111x", "aaaaaaaa22222222y", "bbbbbbbb11111111z"):
        cache.write("sessions", key, value())
    cache.purge_prefix("sessions", "aaaaaaaa", "aaaaaaaa22222222")
    assert [key for key, _ in cache.entries("sessions")] == ["aaaaaaaa22222222y", "bbbbbbbb11111111z"]


def _count(folder: str, file: str) -> None:
    cache = Cache(folder)
    for _ in range(20):
        with cache.locked("sessions", "k"):
            number = int(Path(file).read_text())
            time.sleep(0.001)
            Path(file).write_text(str(number + 1))


def test_the_lock_holds_between_processes(cache: Cache, tmp_path: Path) -> None:
    """Only one process at a time reads and writes."""
    file = tmp_path / "number"
    file.write_text("0")
    context = get_context("spawn")
    processes = [context.Process(target=_count, args=(cache.folder, str(file))) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert file.read_text() == "60"


@pytest.mark.parametrize(
    ("xdg_cache_home", "folder"),
    [("", "/home/x/.cache/temp-access"), ("relative", "/home/x/.cache/temp-access"), ("/var/x", "/var/x/temp-access")],
)
def test_follows_the_xdg_specification(xdg_cache_home: str, folder: str) -> None:
    """A relative XDG_CACHE_HOME is ignored."""
    assert cache_folder({"XDG_CACHE_HOME": xdg_cache_home, "HOME": "/home/x"}) == folder


@pytest.mark.parametrize(
    ("home", "told"),
    [({}, "HOME isn't set"), ({"HOME": ""}, "HOME isn't set"), ({"HOME": "rel"}, "HOME is the relative path 'rel'")],
)
def test_without_a_home_folder_there_is_no_cache(home: dict[str, str], told: str) -> None:
    """Secrets would land below the working folder."""
    with pytest.raises(UserError, match=f"^{told}; set it to your home folder, or XDG_CACHE_HOME to another one$"):
        cache_folder(home)
    assert cache_folder({**home, "XDG_CACHE_HOME": "/var/x"}) == "/var/x/temp-access"


def test_reports_an_unusable_folder_once(tmp_path: Path) -> None:
    """The process then keeps the sessions in memory."""
    (tmp_path / "file").write_text("")
    notes: list[str] = []
    store = SessionStore(Cache(str(tmp_path / "file" / "cache")), notes.append)
    with store.locked("sessions", "k"):
        store.write("sessions", "k", value(a=1))
    store.write("roles", "k", value())
    assert (store.read("sessions", "k") or {})["a"] == 1
    store.remove("sessions", "k")
    assert store.read("sessions", "k") is None
    assert len(notes) == 1
    assert "can't be cached" in notes[0]
    assert "Not a directory" in notes[0]


def test_a_full_disk_isnt_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session was borrowed, and memory keeps it."""
    notes: list[str] = []
    store = SessionStore(Cache(str(tmp_path / "cache")), notes.append)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    store.write("sessions", "full", value(a=1))
    assert (store.read("sessions", "full") or {})["a"] == 1
    assert "No space left on device" in notes[0]


def test_writes_json(cache: Cache) -> None:
    """The user's other programs can read the files."""
    cache.write("sessions", "k", value(a="é"))
    assert json.loads(file_of(cache).read_text())["a"] == "é"


def test_removes_a_session_of_an_ended_local_aws(cache: Cache, tmp_path: Path) -> None:
    """`status` doesn't list it: the next run of the local AWS doesn't know it."""
    server = tmp_path / "server.json"
    server.write_text("one run")
    cache.write("sessions", "local", cached_session(local_run=file_digests([str(server)])))
    cache.write("sessions", "aws", cached_session())
    assert len(_sessions(cache)) == 3
    server.write_text("the next")
    assert len(_sessions(cache)) == 2
    assert [key for key, _ in cache.entries("sessions")] == ["aws"]


def test_a_flipped_bit_is_a_miss(tmp_path: Path) -> None:
    """Any bit of the file: what is read is what was written, or nothing."""
    cache, value = Cache(str(tmp_path)), {"secret": "aB3/é", "expires_at": 2**40, "inner": {"list": [1, "x", None]}}
    cache.write("sessions", "k", value)
    (file,) = tmp_path.glob("sessions/*.json")
    content, written = file.read_bytes(), cache.read("sessions", "k")
    assert written == {**value, "format": 3}
    missed = 0
    for bit in range(len(content) * 8):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        file.write_bytes(changed)
        found = cache.read("sessions", "k")
        missed += found is None
        assert found in (None, written), changed
    assert missed > 0.98 * len(content) * 8


def test_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    """And says whether it got the lock; in this process and among processes alike."""
    cache, told = Cache(str(tmp_path)), []
    with cache.locked("sessions", "k") as held, cache.locked("sessions", "k", 0.1, lambda: told.append(1)) as again:
        assert (held, again, told) == (True, False, [])
    with cache.locked("sessions", "k", 0) as held:
        assert held

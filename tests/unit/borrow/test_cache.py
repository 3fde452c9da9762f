"""The cache: private, whole or not there, and never in the way."""

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


def entry(**more: object) -> dict[str, Any]:
    """Return an object that is kept for an hour."""
    return {"until": time.time() + 3600, **more}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """A cache in a folder that isn't there yet."""
    return Cache(str(tmp_path / "cache" / "temp-access"))


def file_of(cache: Cache, key: str = "k") -> Path:
    """Return the file of a session."""
    return Path(cache.folder) / "sessions" / f"{key}.json"


def test_only_the_owner_can_read_what_is_kept(cache: Cache) -> None:
    """Files are 0600 and folders 0700, whatever the umask is."""
    before = os.umask(0)
    try:
        cache.write("sessions", "k", entry(a=1))
    finally:
        os.umask(before)
    assert stat.S_IMODE(file_of(cache).stat().st_mode) == 0o600
    for folder in (Path(cache.folder), file_of(cache).parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (cache.read("sessions", "k") or {})["a"] == 1


def test_a_folder_that_others_could_read_is_closed(cache: Cache) -> None:
    """A folder of the user's own that was open is put right."""
    file_of(cache).parent.mkdir(parents=True, mode=0o755)
    cache.write("sessions", "k", entry())
    assert stat.S_IMODE(file_of(cache).parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 0}', "[" * 100_000, "\x00"])
def test_a_broken_file_isnt_there(cache: Cache, text: str) -> None:
    """Half a file, or another format, is a miss and no error."""
    cache.write("sessions", "k", entry())
    file_of(cache).write_text(text)
    assert cache.read("sessions", "k") is None


def test_a_file_that_others_can_read_isnt_trusted(cache: Cache) -> None:
    """What could have been read or written by somebody else is not used."""
    cache.write("sessions", "k", entry())
    for mode in (0o644, 0o620, 0o602):
        file_of(cache).chmod(mode)
        assert cache.read("sessions", "k") is None


def test_a_link_a_folder_or_a_pipe_isnt_a_file(cache: Cache, tmp_path: Path) -> None:
    """Nothing but a plain file is opened, and none of them blocks."""
    cache.write("sessions", "other", entry())
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
def test_somebody_elses_file_isnt_trusted(cache: Cache) -> None:
    """A planted session would hand out somebody else's credentials."""
    cache.write("sessions", "k", entry())
    os.chown(file_of(cache), 12345, -1)
    assert cache.read("sessions", "k") is None


def test_a_linked_folder_isnt_used(cache: Cache, tmp_path: Path) -> None:
    """Secrets aren't written through a link that somebody planted."""
    Path(cache.folder).parent.mkdir()
    (tmp_path / "elsewhere").mkdir()
    Path(cache.folder).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError):
        cache.write("sessions", "k", entry())


def test_a_failed_write_leaves_the_old_file(cache: Cache) -> None:
    """The file is replaced in one step, and nothing is left of the attempt."""
    cache.write("sessions", "k", entry(a=1))
    with pytest.raises(TypeError):
        cache.write("sessions", "k", entry(a=object()))
    assert (cache.read("sessions", "k") or {})["a"] == 1
    assert [file.name for file in file_of(cache).parent.iterdir()] == ["k.json"]


def test_sweeping_drops_what_has_expired_and_what_was_left(cache: Cache) -> None:
    """Secrets don't stay on the disk longer than they are good for."""
    cache.write("sessions", "alive", entry())
    cache.write("sessions", "dead", {"until": time.time() - 1})
    for name, age in (("new", 60), ("left", 7200)):
        file = file_of(cache).parent / f".new-{name}"
        file.touch()
        os.utime(file, (time.time() - age,) * 2)
    cache.remove_expired("sessions")
    assert {".new-new", "alive.json"} == {file.name for file in file_of(cache).parent.iterdir()}


def test_drops_the_sessions_of_an_older_file(cache: Cache) -> None:
    """Only those of the same access.toml, and not those of what it says now."""
    for key in ("aaaaaaaa11111111x", "aaaaaaaa22222222y", "bbbbbbbb11111111z"):
        cache.write("sessions", key, entry())
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
    """One at a time reads, and writes what it made of it."""
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
    ("given", "folder"),
    [("", "~/.cache/temp-access"), ("relative", "~/.cache/temp-access"), ("/var/x", "/var/x/temp-access")],
)
def test_the_folder_is_where_xdg_says(given: str, folder: str) -> None:
    """A relative XDG_CACHE_HOME is ignored, as its specification says."""
    assert cache_folder({"XDG_CACHE_HOME": given}) == os.path.expanduser(folder)


def test_a_folder_that_cant_be_used_is_said_once(tmp_path: Path) -> None:
    """Sessions are then remembered by the process, and the work goes on."""
    (tmp_path / "file").write_text("")
    notes: list[str] = []
    store = SessionStore(Cache(str(tmp_path / "file" / "cache")), notes.append)
    with store.locked("sessions", "k"):
        store.write("sessions", "k", entry(a=1))
    store.write("roles", "k", entry())
    assert (store.read("sessions", "k") or {})["a"] == 1
    store.remove("sessions", "k")
    assert store.read("sessions", "k") is None
    assert len(notes) == 1
    assert "can't be kept" in notes[0]
    assert "Not a directory" in notes[0]


def test_a_disk_that_is_full_meanwhile_is_no_reason_to_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session was made, and is handed out."""
    notes: list[str] = []
    store = SessionStore(Cache(str(tmp_path / "cache")), notes.append)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    store.write("sessions", "full", entry(a=1))
    assert (store.read("sessions", "full") or {})["a"] == 1
    assert "No space left on device" in notes[0]


def test_what_is_written_is_json(cache: Cache) -> None:
    """Other programs of the user can read it as well."""
    cache.write("sessions", "k", entry(a="é"))
    assert json.loads(file_of(cache).read_text())["a"] == "é"


def test_a_session_of_a_local_aws_that_has_ended_is_dropped(cache: Cache, tmp_path: Path) -> None:
    """`status` doesn't list it as kept: another run of the local AWS doesn't know it."""
    server = tmp_path / "server.json"
    server.write_text("one run")
    session = {
        **entry(grant="bob", access="read", role="r", seconds=900, issued=time.time()),
        "credentials": dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"), "ASIA1234"),
    }
    cache.write("sessions", "local", {**session, "place": file_digests([str(server)])})
    cache.write("sessions", "aws", {**session, "place": {}})
    assert len(_sessions(cache)) == 3
    server.write_text("the next")
    assert len(_sessions(cache)) == 2
    assert [key for key, _ in cache.entries("sessions")] == ["aws"]

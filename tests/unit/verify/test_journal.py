"""The journal of runs: it finds what a killed run left behind, and nothing else is ever touched."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.errors import UserError
from temp_access.verify.live.journal import Journal, RunRecord, is_over, new_record, with_key
from temp_access.verify.live.process import RunProcess, this_process
from temp_access.verify.operations import new_run
from tests.unit.support.planning import MARK, RUN

ACCOUNT, USER, BUCKET = "111122223333", "temp-user", "the-bucket"
ENDPOINT = "https://iam.amazonaws.com"
PREFIXES = (f"bob/{MARK}", MARK)


def record(**changes: Any) -> RunRecord:
    """Return the record of a run whose process is gone."""
    process = replace(this_process(), start="1")
    gone = RunRecord(RUN, ACCOUNT, USER, BUCKET, ENDPOINT, process, "AKIAIOSFODNN7EXAMPLE", PREFIXES)
    return replace(gone, **changes)


def abandoned(folder: Path) -> list[RunRecord]:
    """Return the killed runs that a journal in this folder tells of."""
    return list(Journal(folder).abandoned(ACCOUNT, USER, ENDPOINT))


def warnings(folder: Path) -> list[str]:
    """Return what a journal in this folder warns of."""
    shown: list[str] = []
    assert list(Journal(folder).abandoned(ACCOUNT, USER, ENDPOINT, shown.append)) == []
    return shown


@pytest.mark.parametrize("state", ["", "state"])
def test_the_folder_doesnt_depend_on_the_working_directory(
    state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative XDG_STATE_HOME would be another folder for the next run."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", state)
    monkeypatch.chdir(tmp_path)
    Journal().write(record())
    assert list(tmp_path.rglob("*.json")) == [tmp_path / ".local/state/temp-access/verify" / f"{RUN}.json"]


def test_only_its_owner_can_read_a_record(tmp_path: Path) -> None:
    """It contains the id of the run's key; the folder is private too."""
    Journal(tmp_path / "journal").write(record())
    (file,) = (tmp_path / "journal").iterdir()
    assert file.name == f"{RUN}.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "Secret" not in file.read_text()


def test_a_record_is_written_atomically(tmp_path: Path) -> None:
    """After a kill the previous record is still there."""
    journal = Journal(tmp_path)
    journal.write(record(key_id=None))
    before = (tmp_path / f"{RUN}.json").stat().st_ino
    journal.write(with_key(record(key_id=None), "AKIAI44QH8DHBEXAMPLE"))
    assert (tmp_path / f"{RUN}.json").stat().st_ino != before
    assert [each.key_id for each in abandoned(tmp_path)] == ["AKIAI44QH8DHBEXAMPLE"]
    assert [path.name for path in tmp_path.iterdir()] == [f"{RUN}.json"]


def test_removes_the_record_of_a_finished_run(tmp_path: Path) -> None:
    """Removing it twice is fine."""
    journal = Journal(tmp_path)
    journal.write(record())
    journal.remove(RUN)
    journal.remove(RUN)
    assert abandoned(tmp_path) == []


def test_a_missing_journal_is_empty(tmp_path: Path) -> None:
    """On the first run on a machine."""
    assert abandoned(tmp_path / "none") == []


def test_a_running_process_is_left_alone(tmp_path: Path) -> None:
    """Two verifications may run at the same time."""
    run = new_run()
    Journal(tmp_path).write(new_record(run, account=ACCOUNT, user=USER, bucket=BUCKET, prefixes=(), endpoint=ENDPOINT))
    assert abandoned(tmp_path) == []


def test_distinguishes_a_process_with_a_reused_id(tmp_path: Path) -> None:
    """By its start time."""
    mine = new_record(RUN, account=ACCOUNT, user=USER, bucket=BUCKET, prefixes=PREFIXES, endpoint=ENDPOINT)
    assert mine.process is not None
    Journal(tmp_path).write(replace(mine, process=replace(mine.process, start=str(int(mine.process.start) - 1))))
    assert [each.run for each in abandoned(tmp_path)] == [RUN]


WRITES = """
import sys, time
from pathlib import Path
from temp_access.verify.live.journal import Journal, new_record
run, prefix, folder = sys.argv[1:]
of = {"account": "111122223333", "user": "temp-user", "bucket": "the-bucket", "endpoint": "https://iam.amazonaws.com"}
record = new_record(run, prefixes=(prefix,), **of)
Journal(Path(folder)).write(record)
print("written", flush=True)
time.sleep(60)
"""


def test_a_zombie_counts_as_ended(tmp_path: Path) -> None:
    """After kill -9, a container without an init keeps a zombie."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITES, RUN, MARK, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "written\n"
            assert abandoned(tmp_path) == []
            process.send_signal(signal.SIGKILL)
            # Waits for the end, but leaves the zombie.
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            as_zombie = abandoned(tmp_path)
        finally:
            process.kill()
    assert [(each.run, each.prefixes) for each in as_zombie] == [(RUN, (MARK,))]
    assert abandoned(tmp_path) == as_zombie


def test_finds_only_runs_on_this_user_of_this_account(tmp_path: Path) -> None:
    """The credentials are only for this account, and another local AWS has the same one."""
    journal = Journal(tmp_path)
    others = [{"account": "999988887777"}, {"user": "someone-else"}, {"endpoint": "the local AWS in /elsewhere"}]
    for number, changes in enumerate([{}, *others]):
        run = f"{RUN[:-1]}{number}"
        journal.write(record(run=run, prefixes=(), **changes))
    assert [each.run for each in abandoned(tmp_path)] == [f"{RUN[:-1]}0"]


@pytest.mark.parametrize(
    "changes",
    [
        {"prefixes": ["bob/"]},
        {"prefixes": [""]},
        {"prefixes": [f"bob/.temp-access-probe-{RUN}"]},
        {"prefixes": "bob"},
        {"prefixes": [5]},
        {"prefixes": None},
        {"run": "../../x"},
        {"run": 5},
        {"run": f"{RUN[:-1]}e"},
        {"endpoint": None},
        {"process": None},
        {"process": asdict(this_process()) | {"pid": "self"}},
        {"process": asdict(this_process()) | {"pid": True}},
        {"process": asdict(this_process()) | {"pid": -1}},
        {"process": asdict(this_process()) | {"start": 5}},
        {"process": asdict(this_process()) | {"boot": None}},
        {"process": asdict(this_process()) | {"owner": os.geteuid() + 1}},
        {"process": asdict(this_process()) | {"more": "keys"}},
        {"key_id": ["AKIAIOSFODNN7EXAMPLE"]},
        {"key_id": "short"},
        {"bucket": None},
        {"more": "keys"},
    ],
)
def test_ignores_a_record_that_no_run_wrote(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Otherwise foreign keys or objects could be removed."""
    file = tmp_path / f"{RUN}.json"
    file.write_text(json.dumps(asdict(record()) | changes))
    assert warnings(tmp_path) == [f"{file} isn't the record of a run, so it is ignored; remove it"]


def test_ignores_a_record_of_an_earlier_version(tmp_path: Path) -> None:
    """It doesn't tell on which deployment and on which machine the run is."""
    old = {"run": RUN, "account": ACCOUNT, "user": USER, "bucket": BUCKET, "pid": 1, "process_start": "1"}
    (tmp_path / f"{RUN}.json").write_text(json.dumps(old | {"key_id": None, "prefixes": []}))
    assert len(warnings(tmp_path)) == 1


@pytest.mark.parametrize(
    ("changes", "began", "found"),
    [
        # A machine that shares the home folder: alive or dead, it can't be told from here.
        ({"host": "other", "boot": "its"}, "an instant ago", False),
        ({"host": "other", "boot": "its"}, "two hours ago", True),
        # A container on this machine, or this machine seen from a container.
        ({"namespace": "pid:[1]"}, "an instant ago", False),
        ({"namespace": "pid:[1]"}, "two hours ago", True),
        # A machine of the same name that began the run after this machine's boot.
        ({"boot": "its"}, "an instant ago", False),
        # This machine, before it was booted again: a minute before the boot is enough.
        ({"boot": "its"}, "before the boot", True),
    ],
)
def test_a_run_elsewhere_is_left_alone_for_an_hour(
    changes: dict[str, str], began: str, found: bool, tmp_path: Path
) -> None:
    """Only what is known to be over is cleaned up."""
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    age = {"an instant ago": 1.0, "two hours ago": 7200.0, "before the boot": uptime + 60}[began]
    run = time.strftime("%Y%m%dT%H%M%SZ-01234567", time.gmtime(time.time() - age))
    elsewhere = RunProcess(**{**asdict(this_process()), "start": "1", **changes})
    Journal(tmp_path).write(record(run=run, prefixes=(), process=elsewhere))
    assert [each.run for each in abandoned(tmp_path)] == ([run] if found else [])


def test_a_folder_is_private_whatever_the_umask_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who can write in it could plant a record that names the user's own key; so could who can replace a folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "new" / "state"))
    before = os.umask(0)
    try:
        Journal().write(record())
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").rglob("*")]
        folder = tmp_path / "new/state/temp-access"
        folder.chmod(0o777)
        (folder / "verify").chmod(0o777)
        assert [each.run for each in Journal().abandoned(ACCOUNT, USER, ENDPOINT)] == [RUN]
    finally:
        os.umask(before)
    assert modes == [0o700, 0o700, 0o700, 0o600]
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "verify")] == [0o700, 0o700]


@pytest.mark.parametrize("planted", ["writable", "owner", "link", "pipe"])
def test_a_planted_record_is_ignored(planted: str, tmp_path: Path) -> None:
    """Its key would be deleted: only a file that only this user can write is a record."""
    Journal(tmp_path).write(record())
    file = tmp_path / f"{RUN}.json"
    match planted:
        case "writable":
            file.chmod(0o666)
        case "owner":
            if os.geteuid() != 0:
                pytest.skip("only root can give a file to another user")
            os.chown(file, 12345, -1)
        case "link":
            file.rename(tmp_path / "elsewhere")
            file.symlink_to(tmp_path / "elsewhere")
        case "pipe":
            file.unlink()
            os.mkfifo(file)
    (warning,) = warnings(tmp_path)
    assert warning.startswith(f"{file} ")
    assert warning.endswith(", so it is ignored; remove it")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_another_users_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in it is believed, and nothing is written to it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    Journal().write(record())
    folder = tmp_path / "temp-access/verify"
    os.chown(folder, 12345, -1)
    shown: list[str] = []
    assert list(Journal().abandoned(ACCOUNT, USER, ENDPOINT, shown.append)) == []
    told = "isn't a folder that this user owns"
    assert shown == [f"{folder} {told}, so the runs that it tells of aren't cleaned up; remove it"]
    with pytest.raises(UserError, match=rf"{told}\); .* set XDG_STATE_HOME to a writable folder of your own"):
        Journal().write(record())


@pytest.mark.parametrize("home", [None, "", "home"])
def test_without_a_home_folder_nothing_is_written(
    home: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not below the working folder either, which may be shared or under version control."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    with pytest.raises(UserError, match=r"HOME is.*; set it to your home folder, or XDG_STATE_HOME to another one"):
        Journal()
    assert list(tmp_path.iterdir()) == []


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode) | st.just(b"[" * 100_000))
def test_ignores_a_corrupt_file(content: bytes) -> None:
    """A full disk or another program may have written it."""
    folder = Path(os.environ["XDG_STATE_HOME"]) / "corrupt"
    folder.mkdir(exist_ok=True)
    (folder / f"{RUN}.json").write_bytes(content)
    assert abandoned(folder) == []


def test_an_unwritable_folder_is_an_error_before_anything_is_created(tmp_path: Path) -> None:
    """Nothing may be created without a record."""
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/journal: can't be written \(Not a directory\); .* set XDG_STATE_HOME"):
        Journal(tmp_path / "file" / "journal").write(record())


def test_lies_in_the_users_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """XDG_STATE_HOME, or ~/.local/state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    Journal().write(record())
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    Journal().write(record())
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.json")) == [
        f"home/.local/state/temp-access/verify/{RUN}.json",
        f"state/temp-access/verify/{RUN}.json",
    ]


@pytest.mark.parametrize(("seconds", "over"), [(3700, True), (3500, False), (-60, False)])
def test_a_run_on_another_machine_is_over_after_an_hour(seconds: int, over: bool) -> None:
    """No verification takes that long."""
    began = time.gmtime(time.time() - seconds)
    assert is_over(time.strftime("%Y%m%dT%H%M%SZ-01234567", began)) is over


@pytest.mark.parametrize(
    "run",
    [
        "20209999T999999Z-01234567",
        "\u0662\u0660200101T000000Z-01234567",
        "20200101T000000Z-0123456",
        "20200101T000000Z-01234567\n",
        "",
    ],
)
def test_a_tag_that_isnt_a_runs_name_is_ignored(run: str) -> None:
    """Something else set it."""
    assert not is_over(run)

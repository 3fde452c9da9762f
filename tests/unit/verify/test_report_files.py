"""Writing a report's file."""

import os
import stat
from pathlib import Path

import pytest

from temp_access.errors import UserError
from temp_access.files import check_writable, write_report


def test_makes_the_folder(tmp_path: Path) -> None:
    """`--json build/report.json` works in a fresh clone."""
    write_report(tmp_path / "build" / "deep" / "report.json", "new")

    assert (tmp_path / "build" / "deep" / "report.json").read_text() == "new"


def test_leaves_the_old_file_if_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader never sees half a report, and no other file is left."""
    path = tmp_path / "report.json"
    path.write_text("old")
    monkeypatch.setattr(os, "replace", _no_space)

    with pytest.raises(UserError, match="no space left on device"):
        write_report(path, "new")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def _no_space(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_gives_the_file_the_usual_permissions(tmp_path: Path) -> None:
    """As the umask allows, so that other users' programs can read a report."""
    before = os.umask(0o022)
    try:
        write_report(tmp_path / "report.json", "new")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) == 0o644


def test_writes_through_a_link(tmp_path: Path) -> None:
    """The link is kept."""
    (tmp_path / "link").symlink_to(tmp_path / "report.json")
    write_report(tmp_path / "link", "new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "report.json").read_text() == "new"


def test_never_replaces_a_device_or_a_pipe(tmp_path: Path) -> None:
    """Otherwise root's `--json /dev/null` would replace the device with a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    check_writable([pipe])
    write_report(pipe, "new")

    assert os.read(reader, 10) == b"new"
    os.close(reader)
    assert pipe.is_fifo()


def test_writes_any_text(tmp_path: Path) -> None:
    """A lone surrogate doesn't lose the report."""
    write_report(tmp_path / "report", "\ud800")

    assert (tmp_path / "report").read_text() == r"\ud800"


def test_explains_an_invalid_path(tmp_path: Path) -> None:
    """One sentence, and exit code 2."""
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError) as raised:
        write_report(tmp_path / "file" / "report.json", "new")

    assert raised.value.exit_code == 2
    assert str(raised.value).startswith(f"can't write the report {tmp_path}/file/report.json: ")
    assert str(raised.value).endswith("; give a path in a folder that you can write to")


def test_checks_all_paths_before_the_run(tmp_path: Path) -> None:
    """All invalid paths are named at once, and no file is created yet."""
    (tmp_path / "file").write_text("")
    bad = [tmp_path, tmp_path / "file" / "x", Path("/proc/nothing/report.json")]

    with pytest.raises(UserError) as raised:
        check_writable([tmp_path / "good.json", *bad])

    assert [str(path) in line for path, line in zip(bad, str(raised.value).splitlines(), strict=True)]
    assert "is a folder" in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_keeps_an_old_report_while_checking(tmp_path: Path) -> None:
    """Checking doesn't write."""
    (tmp_path / "report.json").write_text("old")
    check_writable([tmp_path / "report.json"])

    assert (tmp_path / "report.json").read_text() == "old"


def test_refuses_one_path_for_two_reports(tmp_path: Path) -> None:
    """The second would replace the first."""
    with pytest.raises(UserError, match="given for two reports"):
        check_writable([tmp_path / "report", tmp_path / "x" / ".." / "report"])

"""The profile in ~/.aws/config: written and removed without changing any other byte."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.borrow.aws_profiles import (
    change_text,
    config_file,
    profile_lines,
    read_text,
    require_source_profile,
)
from temp_access.borrow.profile_blocks import managed_profiles, newline_of, profile_names, put_block, remove_block
from temp_access.errors import UserError

LINES = profile_lines("bob", {"credential_process": "/x credentials bob", "region": "us-east-1"})
OTHERS = st.text(st.sampled_from("[]profile bo\n\r\t#=é\x80"), max_size=80)


def test_a_block_is_a_profile_between_two_comment_lines() -> None:
    """The block's exact content."""
    assert put_block("", "bob", LINES) == (
        "# managed by temp-access: begin bob\n[profile bob]\ncredential_process = /x credentials bob\n"
        "region = us-east-1\n# managed by temp-access: end bob\n"
    )


@given(st.none() | OTHERS)
def test_removing_the_block_restores_the_file(content: str | None) -> None:
    """Byte for byte, with or without a newline at the end; a new file is deleted."""
    assert remove_block(put_block(content, "bob", LINES), "bob") == content


@given(OTHERS, OTHERS)
def test_keeps_lines_after_the_block(content: str, after: str) -> None:
    """A person may add lines below the block."""
    newline = newline_of(content) if after and content and not content.endswith("\n") else ""
    assert remove_block(put_block(content, "bob", LINES) + after, "bob") == content + newline + after


@given(st.none() | OTHERS, OTHERS)
def test_writing_again_replaces_the_block(content: str | None, after: str) -> None:
    """The block keeps its position, and there is only one."""
    once = put_block(content, "bob", LINES) + after
    assert put_block(once, "bob", LINES) == once
    other = put_block(once, "bob", profile_lines("bob", {"region": "eu-central-1"}))
    assert managed_profiles(other) == managed_profiles(once)
    assert "eu-central-1" in other
    assert put_block(other, "bob", LINES) == once


def test_keeps_other_blocks() -> None:
    """bob's block isn't bobby's, in either order."""
    both = put_block(put_block(None, "bob", LINES), "bobby", profile_lines("bobby", {}))
    assert managed_profiles(both) == ["bob", "bobby"]
    assert managed_profiles(remove_block(both, "bob") or "") == ["bobby"]
    assert managed_profiles(remove_block(both, "bobby") or "") == ["bob"]


def test_refuses_a_block_with_changed_marks() -> None:
    """Removing it could remove a person's own lines."""
    with pytest.raises(KeyError):
        remove_block(put_block(None, "bob", LINES).replace("end bob", "end"), "bob")


@pytest.mark.parametrize(
    "header",
    [
        "[profile bob]", '[profile "bob"]', "[profile   bob]", "[ profile bob ]", "[profile bob] # x", "[bob]",
        "[profile bob]\r", "  [profile bob]", "[profile bob] x",
    ],
)  # fmt: skip
def test_finds_a_profile_in_every_notation(header: str) -> None:
    """A profile of the same name that temp-access doesn't manage must be found."""
    assert "bob" in profile_names(f"[default]\nregion = x\n{header}\n")


@pytest.mark.parametrize(
    ("profiles", "source", "message"),
    [
        ({"bob": {}}, "bob", "refers back to 'bob'"),
        ({"a": {"source_profile": "bob"}, "bob": {}}, "a", "refers back to 'bob'"),
        ({"eve": {}}, "eve", "borrows by itself"),
        ({"a": {}}, "b", "there is no profile 'b'"),
    ],
)
def test_refuses_a_source_profile_that_refers_back(
    profiles: dict[str, dict[str, str]], source: str, message: str
) -> None:
    """A profile that borrows with itself would never end."""
    with pytest.raises(UserError, match=message):
        require_source_profile(profiles, source, "bob", ["eve"])


def test_a_circle_of_source_profiles_ends() -> None:
    """botocore reports the circle; this check must not hang."""
    require_source_profile({"a": {"source_profile": "b"}, "b": {"source_profile": "a"}}, "a", "bob", [])


def test_keeps_the_files_mode_and_link(tmp_path: Path) -> None:
    """People keep the file among their dotfiles, readable by a group."""
    own = tmp_path / "dotfiles"
    own.write_bytes(b"# \xff\r\n")
    own.chmod(0o640)
    link = tmp_path / "config"
    link.symlink_to(own)
    change_text(link, lambda content: (content or "") + "x")
    assert link.is_symlink()
    assert (own.read_bytes(), stat.S_IMODE(own.stat().st_mode)) == (b"# \xff\r\nx", 0o640)
    assert sorted(os.listdir(tmp_path)) == ["config", "dotfiles"]


def test_only_the_owner_can_read_a_new_file(tmp_path: Path) -> None:
    """It is created with mode 0600."""
    file = tmp_path / ".aws" / "config"
    change_text(file, lambda content: f"{content}x")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    change_text(file, lambda content: None)
    assert read_text(file) is None


def test_reports_a_file_that_cant_be_written(tmp_path: Path) -> None:
    """One line with the path, the reason, and what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"config can't be written \(.*\); make it writable, or point AWS_CONFIG_FILE"):
        change_text(tmp_path / "file" / "config", lambda content: "x")
    with pytest.raises(UserError, match="can't be read"):
        read_text(tmp_path)


def test_uses_aws_config_file(tmp_path: Path) -> None:
    """As every SDK does."""
    assert config_file({"AWS_CONFIG_FILE": str(tmp_path / "c")}) == tmp_path / "c"
    assert config_file({"HOME": "/home/x"}) == Path("/home/x/.aws/config")
    assert config_file({"HOME": "/home/x", "AWS_CONFIG_FILE": "~/c"}) == Path("/home/x/c")


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "home"}])
def test_no_file_below_the_working_folder_is_meant(environ: dict[str, str]) -> None:
    """Another person's profile may lie there."""
    with pytest.raises(UserError, match=r"^HOME is.*; set it to your home folder$"):
        config_file(environ)


def test_what_another_program_writes_meanwhile_stays(tmp_path: Path) -> None:
    """`aws configure` knows no lock: the change is made again, of the new content."""
    file = tmp_path / "config"
    file.write_text("old\n")
    seen = []

    def change(content: str | None) -> str:
        seen.append(content)
        if len(seen) == 1:
            file.write_text("new\n")
        return f"{content}mine\n"

    change_text(file, change)
    assert (seen, file.read_text()) == (["old\n", "new\n"], "new\nmine\n")
    assert os.listdir(tmp_path) == ["config"]


ADDS = """
import sys, time
from pathlib import Path
from temp_access.borrow.aws_profiles import change_text
def change(content):
    time.sleep(0.05)
    return (content or "") + sys.argv[2] + "\\n"
change_text(Path(sys.argv[1]), change)
"""


def test_twelve_changes_at_once_all_survive(tmp_path: Path) -> None:
    """As twelve `profile` commands make them: each takes its time, and none is lost or torn."""
    names = [f"p{number}" for number in range(12)]
    started = [subprocess.Popen([sys.executable, "-c", ADDS, str(tmp_path / "config"), name]) for name in names]
    assert [process.wait(60) for process in started] == [0] * 12
    assert sorted((tmp_path / "config").read_text().split()) == sorted(names)


def test_who_waits_for_a_stopped_process_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """After two seconds; then it goes on when the lock is free."""
    with subprocess.Popen(
        [sys.executable, "-c", ADDS.replace("0.05", "print('held', flush=True) or 2.5"), str(tmp_path / "config"), "a"],
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        change_text(tmp_path / "config", lambda content: f"{content}b\n")
    assert (tmp_path / "config").read_text() == "a\nb\n"
    assert capfd.readouterr().err == f"waiting for another process that changes {tmp_path / 'config'}\n"


@pytest.mark.parametrize("character", ["\n", "\r", "\x0b", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"])
def test_refuses_a_control_character(character: str) -> None:
    """A line end in a path would make the whole file unreadable for every tool."""
    with pytest.raises(UserError, match=r"the profile's credential_process would be .*control characters; use paths"):
        profile_lines("bob", {"credential_process": f"/x/a{character}b credentials bob"})

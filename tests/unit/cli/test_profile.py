"""The profile in ~/.aws/config: written and removed without changing any other byte."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.borrow.aws_profiles import (
    config_file,
    profile_lines,
    read_text,
    replace_text,
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
    replace_text(link, (read_text(link) or "") + "x")
    assert link.is_symlink()
    assert (own.read_bytes(), stat.S_IMODE(own.stat().st_mode)) == (b"# \xff\r\nx", 0o640)
    assert sorted(os.listdir(tmp_path)) == ["config", "dotfiles"]


def test_only_the_owner_can_read_a_new_file(tmp_path: Path) -> None:
    """It is created with mode 0600."""
    file = tmp_path / ".aws" / "config"
    replace_text(file, "x")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    replace_text(file, None)
    assert read_text(file) is None


def test_reports_a_file_that_cant_be_written(tmp_path: Path) -> None:
    """One line with the path, the reason, and what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"config can't be written \(.*\); make it writable, or point AWS_CONFIG_FILE"):
        replace_text(tmp_path / "file" / "config", "x")
    with pytest.raises(UserError, match="can't be read"):
        read_text(tmp_path)


def test_uses_aws_config_file(tmp_path: Path) -> None:
    """As every SDK does."""
    assert config_file({"AWS_CONFIG_FILE": str(tmp_path / "c")}) == tmp_path / "c"
    assert config_file({}) == Path.home() / ".aws" / "config"

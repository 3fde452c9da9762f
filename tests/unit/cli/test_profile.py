"""The profile in ~/.aws/config: put in and taken out without changing a byte of anything else."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.borrow.aws_profiles import (
    config_file,
    managed_profiles,
    profile_lines,
    profile_names,
    put_block,
    read_text,
    remove_block,
    replace_text,
    require_source_profile,
)
from temp_access.errors import UserError

LINES = profile_lines("bob", {"credential_process": "/x credentials bob", "region": "us-east-1"})
OTHERS = st.text(st.sampled_from("[]profile bo\n\r\t#=é\x80"), max_size=80)


def test_shows_what_is_written() -> None:
    """The block is a profile between two marks."""
    assert put_block("", "bob", LINES) == (
        "# managed by temp-access: begin bob\n[profile bob]\ncredential_process = /x credentials bob\n"
        "region = us-east-1\n# managed by temp-access: end bob\n"
    )


@given(st.none() | OTHERS)
def test_taking_out_leaves_what_was_there(text: str | None) -> None:
    """Byte for byte, with or without a newline at its end, and no file where there was none."""
    assert remove_block(put_block(text, "bob", LINES), "bob") == text


@given(OTHERS, OTHERS)
def test_what_came_after_stays(text: str, after: str) -> None:
    """A person may write on below the block."""
    newline = "\n" if after and text and not text.endswith("\n") else ""
    assert remove_block(put_block(text, "bob", LINES) + after, "bob") == text + newline + after


@given(st.none() | OTHERS, OTHERS)
def test_writing_again_replaces_the_block(text: str | None, after: str) -> None:
    """The block stays where it is, and there is one of it."""
    once = put_block(text, "bob", LINES) + after
    assert put_block(once, "bob", LINES) == once
    other = put_block(once, "bob", profile_lines("bob", {"region": "eu-central-1"}))
    assert managed_profiles(other) == managed_profiles(once)
    assert "eu-central-1" in other
    assert put_block(other, "bob", LINES) == once


def test_other_blocks_stay() -> None:
    """bob's block isn't bobby's, whichever was first."""
    both = put_block(put_block(None, "bob", LINES), "bobby", profile_lines("bobby", {}))
    assert managed_profiles(both) == ["bob", "bobby"]
    assert managed_profiles(remove_block(both, "bob") or "") == ["bobby"]
    assert managed_profiles(remove_block(both, "bobby") or "") == ["bob"]


def test_a_block_with_changed_marks_isnt_touched() -> None:
    """Half a block could take a person's own lines with it."""
    with pytest.raises(KeyError):
        remove_block(put_block(None, "bob", LINES).replace("end bob", "end"), "bob")


@pytest.mark.parametrize(
    "header",
    [
        "[profile bob]", '[profile "bob"]', "[profile   bob]", "[ profile bob ]", "[profile bob] # x", "[bob]",
        "[profile bob]\r", "  [profile bob]", "[profile bob] x",
    ],
)  # fmt: skip
def test_sees_a_profile_however_it_is_written(header: str) -> None:
    """A profile of the same name that isn't ours must be seen."""
    assert "bob" in profile_names(f"[default]\nregion = x\n{header}\n")


@pytest.mark.parametrize(
    ("profiles", "base", "why"),
    [
        ({"bob": {}}, "bob", "refers back to 'bob'"),
        ({"a": {"source_profile": "bob"}, "bob": {}}, "a", "refers back to 'bob'"),
        ({"eve": {}}, "eve", "borrows by itself"),
        ({"a": {}}, "b", "there is no profile 'b'"),
    ],
)
def test_the_base_must_not_lead_back(profiles: dict[str, dict[str, str]], base: str, why: str) -> None:
    """A profile that borrows with itself would never end."""
    with pytest.raises(UserError, match=why):
        require_source_profile(profiles, base, "bob", ["eve"])


def test_a_base_that_leads_in_a_circle_ends() -> None:
    """botocore says what is wrong with it; this mustn't hang."""
    require_source_profile({"a": {"source_profile": "b"}, "b": {"source_profile": "a"}}, "a", "bob", [])


def test_the_file_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    """People keep it among their dotfiles, readable by a group."""
    own = tmp_path / "dotfiles"
    own.write_bytes(b"# \xff\r\n")
    own.chmod(0o640)
    link = tmp_path / "config"
    link.symlink_to(own)
    replace_text(link, (read_text(link) or "") + "x")
    assert link.is_symlink()
    assert (own.read_bytes(), stat.S_IMODE(own.stat().st_mode)) == (b"# \xff\r\nx", 0o640)
    assert sorted(os.listdir(tmp_path)) == ["config", "dotfiles"]


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Nobody else needs to know whom one borrows from."""
    file = tmp_path / ".aws" / "config"
    replace_text(file, "x")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    replace_text(file, None)
    assert read_text(file) is None


def test_a_file_that_cant_be_written_is_one_sentence(tmp_path: Path) -> None:
    """The path, the reason, and the way out."""
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"config can't be written \(.*\); make it writable, or point AWS_CONFIG_FILE"):
        replace_text(tmp_path / "file" / "config", "x")
    with pytest.raises(UserError, match="can't be read"):
        read_text(tmp_path)


def test_honours_aws_config_file(tmp_path: Path) -> None:
    """As every SDK does."""
    assert config_file({"AWS_CONFIG_FILE": str(tmp_path / "c")}) == tmp_path / "c"
    assert config_file({}) == Path.home() / ".aws" / "config"

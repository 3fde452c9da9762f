"""`temp-access profile` on odd AWS configuration files: botocore reads every other profile as before."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.configloader import load_config
from hypothesis import assume, example, given
from hypothesis import strategies as st

from temp_access.borrow.aws_profiles import require_readable, with_profile, without_profile
from temp_access.borrow.profile_blocks import put_block
from temp_access.cli.main import main
from temp_access.errors import UserError

_PATH = Path("/home/x/.aws/config")
SETTINGS = {"credential_process": "/x/temp-access credentials bob", "region": "us-east-1"}
TOML = """\
[bucket]
name = "lent-folders-111122223333"
[grants.bob]
folder = "bob"
access = "read-write"
"""
USER = "[profile temp-user]\nregion = eu-central-1\naws_access_key_id = AKIAX\naws_secret_access_key = x\n"
NAMES = st.sampled_from(["a", "b", "temp-user", "bobby", "bob.2"])
KEYS = st.sampled_from(["region", "output", "role_arn", "credential_process", "source_profile", "S3"])
VALUES = st.text(st.sampled_from("ab =:#;[]%\"'\té€"), max_size=10).map(str.strip)
HEADERS = st.builds(
    str.format,
    st.sampled_from(
        ["[profile {}]", "[ profile {} ]", "[profile  {}]", '[profile "{}"]', "[profile\t{}]", "[profile {}] # x",
         "[sso-session {}]", "[services {}]", "[{}]", "[plugins{}]"]
    ),
    NAMES,
) | st.sampled_from(["[default]", "[DEFAULT]", "  [profile indented]"])  # fmt: skip
LINES = st.one_of(
    HEADERS,
    HEADERS,
    st.builds("{}{}{}".format, KEYS, st.sampled_from([" = ", "=", " : ", "\t=\t"]), VALUES),
    st.builds("{} =".format, KEYS),
    st.builds("{}max = {}".format, st.sampled_from([" ", "  ", "\t"]), VALUES),
    st.sampled_from(["", "   ", "# comment", "; comment", "  # indented", "words", "# managed by temp-access: end x"]),
)
ENDS = st.sampled_from(["\n", "\n", "\r\n", "\r"])


@st.composite
def files(draw: st.DrawFn) -> str:
    """A random file, with line ends of one or of several kinds, and perhaps none at the end."""
    lines, end = draw(st.lists(LINES, max_size=12)), draw(ENDS)
    ends = [end if draw(st.booleans()) or draw(st.booleans()) else draw(ENDS) for _ in lines]
    content = "".join(line + end for line, end in zip(lines, ends, strict=True))
    return content.rstrip("\r\n") if draw(st.booleans()) else content


def _read(content: str | None) -> Mapping[str, Any] | None:
    try:
        return require_readable(_PATH, content)
    except UserError:
        return None


@given(st.none() | files(), st.none() | files())
@example("[profile a]\r\ns3 =\r\n  max = 1", "\r\n[profile b]\r\n")
@example("\ufeff", None)
@example("[DEFAULT]\nregion = x", None)
@example("[DEFAULT]\noutput =\n  words\n", None)
def test_any_readable_file_stays_readable(content: str | None, after: str | None) -> None:
    """Every other profile keeps its values; ours is right; twice changes nothing; removing restores the bytes.

    `after` are lines that a person adds below the block.
    """
    before = _read(content)
    assume(before is not None)
    assert before is not None
    try:
        written = with_profile(_PATH, content, "bob", SETTINGS)
    except UserError as error:
        assert "[DEFAULT]" in (content or "")
        assert "readable only until it has another profile" in str(error)  # noqa: PT017
        return
    parsed = _read(written)
    assert parsed is not None
    ours = parsed["profiles"].pop("bob")
    assert SETTINGS.items() <= ours.items()
    assert {**parsed, **before} == parsed
    assert parsed["profiles"] == before["profiles"]
    assert with_profile(_PATH, written, "bob", SETTINGS) == written
    assert without_profile(_PATH, written, "bob") == content
    if after is not None:
        _check_lines_below(written, after)


def _check_lines_below(written: str, after: str) -> None:
    edited = written + after
    before = _read(edited)
    assume(before is not None)
    assert before is not None
    try:
        replaced = with_profile(_PATH, edited, "bob", SETTINGS | {"region": "eu-west-1"})
        removed = without_profile(_PATH, edited, "bob")
    except UserError:
        # Lines below the block that belong to our profile.
        return
    for changed in (_read(replaced), _read(removed)):
        assert changed is not None
        others = [{**parsed["profiles"], "bob": None} for parsed in (changed, before)]
        assert others[0] == others[1]


@given(st.text(st.sampled_from("[]profile bo\n\r\t#;=:\"'é\x80\x0b\x0c\x85\u2028\ufeff"), max_size=60))
def test_any_text_is_kept_or_refused(content: str) -> None:
    """What botocore can't read is refused with the reason, and never made worse."""
    before = _read(content)
    if before is None:
        with pytest.raises(UserError, match=r"can't be read by the AWS CLI and the SDKs: .*; correct it first"):
            with_profile(_PATH, content, "bob", SETTINGS)
        return
    try:
        written = with_profile(_PATH, content, "bob", SETTINGS)
    except UserError as error:
        # The same name in another notation, which the command refuses before.
        assert "bob" in before["profiles"] or "profile bob" in str(error)  # noqa: PT017
        return
    assert _read(written) is not None
    if "bob" not in before["profiles"]:
        assert without_profile(_PATH, written, "bob") == content


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with an empty .aws, and access.toml in the current folder."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    (tmp_path / ".aws").mkdir()
    (tmp_path / "access.toml").write_text(TOML)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def profile(*arguments: str) -> int:
    """Run the command for bob, with temp-user's profile."""
    return main(["profile", "bob", "--profile", "temp-user", "--yes", *arguments])


ODD = {
    "no final newline": USER.rstrip("\n"),
    "CRLF": USER.replace("\n", "\r\n"),
    "CRLF without a final newline": USER.replace("\n", "\r\n").rstrip("\r\n"),
    "carriage returns": USER.replace("\n", "\r"),
    "mixed": USER.replace("\n", "\r\n", 2),
    "comments between": f"# mine\n\n{USER}; and this\n\n\n",
    "an indented subsection": f"{USER}s3 =\n  max_concurrent_requests = 20\n  addressing_style = path",
    "tabs": USER.replace(" = ", "\t=\t"),
    "spacing": USER.replace("[profile temp-user]", "[ profile   temp-user ]  # spacing") + "[profile x]\nregion=y",
    "sso": f"{USER}[sso-session s]\nsso_region = eu-central-1\n",
    "defaults for all": f"[DEFAULT]\noutput = json\n{USER}",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_files(name: str, home: Path) -> None:
    """Written, written again, used by botocore, and removed: the same bytes as before."""
    config = home / ".aws/config"
    content = ODD[name].replace("[ profile   temp-user ]", "[profile   temp-user ]").encode()
    config.write_bytes(content)
    before = load_config(str(config))["profiles"]
    assert profile() == 0
    written = config.read_bytes()
    after = load_config(str(config))["profiles"]
    assert after.pop("bob")["region"] == "eu-central-1"
    assert after == before
    assert profile() == 0
    assert config.read_bytes() == written
    assert profile("--remove") == 0
    assert config.read_bytes() == content
    if b"\r\n" in content and name != "mixed":
        assert written.count(b"\n") == written.count(b"\r\n")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f"\ufeff{USER}", "no section headers"),
        (f"{USER}[profile temp-user]\n", "section 'profile temp-user' already exists"),
        (f"{USER}region = x\n", "option 'region' in section 'profile temp-user' already exists"),
        (f"{USER}words\n", "words"),
        (f"{USER}s3 =\n  words\n", "not enough values"),
        ("region = x\n", "no section headers"),
    ],
)
@pytest.mark.parametrize("arguments", [(), ("--remove",)])
def test_an_unreadable_file_is_refused(
    content: str, reason: str, arguments: tuple[str, ...], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With botocore's reason and the file's own path; not a byte changes."""
    config = home / ".aws/config"
    if arguments:
        content = put_block(content, "bob", "[profile bob]\nregion = x\n")
    config.write_text(content)
    assert profile(*arguments) == 2
    error = capsys.readouterr().err
    assert f"{config} can't be read by the AWS CLI and the SDKs: " in error
    assert reason in error
    assert "temp-access-" not in error
    assert config.read_text() == content


def test_undecodable_bytes_are_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """botocore reads the file as UTF-8."""
    (home / ".aws/config").write_bytes(USER.encode() + b"# \xff\n")
    assert profile() == 2
    assert "can't decode byte" in capsys.readouterr().err


def test_an_unreadable_credentials_file_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """botocore couldn't use the new profile."""
    (home / ".aws/config").write_text(USER)
    (home / ".aws/credentials").write_text("words\n")
    assert profile() == 2
    assert f"{home / '.aws/credentials'} can't be read" in capsys.readouterr().err


def test_a_block_converted_by_an_editor(home: Path) -> None:
    """Line ends, and spaces at the ends of lines: it is still found, replaced and removed."""
    config = home / ".aws/config"
    config.write_text(USER)
    assert profile() == 0
    config.write_bytes(config.read_bytes().replace(b"\n", b"  \r\n"))
    assert profile("--access", "read") == 0
    parsed = load_config(str(config))["profiles"]
    assert list(parsed) == ["temp-user", "bob"]
    assert "--access read" in parsed["bob"]["credential_process"]
    assert config.read_bytes().count(b"managed by temp-access: begin") == 1
    assert profile("--remove") == 0
    assert list(load_config(str(config))["profiles"]) == ["temp-user"]


EDITS = {
    "the end mark is gone": ("# managed by temp-access: end bob\n", ""),
    "the begin mark is gone": ("# managed by temp-access: begin bob\n", ""),
    "the end mark names another": ("end bob", "end eve"),
    "the begin mark has more words": ("begin bob", "begin bob or so"),
    "a mark in between": ("[profile bob]", "# managed by temp-access: begin eve\n[profile bob]"),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("arguments", [(), ("--remove",)])
def test_a_block_with_changed_marks(
    edit: str, arguments: tuple[str, ...], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody knows where it ends, so it stays; the message says what to do."""
    config = home / ".aws/config"
    config.write_text(USER)
    assert profile() == 0
    config.write_text(config.read_text().replace(*EDITS[edit]))
    edited = config.read_bytes()
    assert profile(*arguments) == 2
    assert "the comment lines around 'bob'" in capsys.readouterr().err
    assert config.read_bytes() == edited


def test_a_broken_block_is_repaired(home: Path) -> None:
    """Somebody broke a line inside the block: writing the profile again makes the file readable."""
    config = home / ".aws/config"
    config.write_text(USER)
    assert profile() == 0
    written = config.read_bytes()
    config.write_bytes(written.replace(b"credential_process = ", b"credential_process "))
    assert profile() == 0
    assert config.read_bytes() == written


@pytest.mark.parametrize("arguments", [("--access", "read"), ("--remove",)])
@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("# managed by temp-access: end bob\n", "[profile eve]\nregion = x\n{}", "the profile eve"),
        ("[profile bob]\n", "[sso-session eve]\nsso_region = x\n{}", "the sso-session eve"),
    ],
)
def test_a_profile_inside_the_block_is_kept(
    arguments: tuple[str, ...], old: str, new: str, named: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person put it there; replacing the block would delete it."""
    config = home / ".aws/config"
    config.write_text(USER)
    assert profile() == 0
    config.write_text(config.read_text().replace(old, new.format(old)))
    edited = config.read_bytes()
    assert profile(*arguments) == 2
    assert f"this would change {named} in {config}" in capsys.readouterr().err
    assert config.read_bytes() == edited


def test_settings_after_the_block(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`aws configure set` may add a line there; without the block, it would belong to the profile before."""
    config = home / ".aws/config"
    config.write_text(USER)
    assert profile() == 0
    with config.open("a") as file:
        file.write("output = json\n")
    edited = config.read_bytes()
    assert profile() == 0
    assert config.read_bytes() == edited
    assert profile("--remove") == 2
    assert "this would change the profile temp-user" in capsys.readouterr().err
    assert config.read_bytes() == edited


def test_a_linked_file(home: Path) -> None:
    """The link and the file's mode stay, also through two links."""
    own = home / "dotfiles"
    own.write_text(USER)
    own.chmod(0o640)
    (home / "link").symlink_to(own)
    (home / ".aws/config").symlink_to(home / "link")
    assert profile() == 0
    assert (home / ".aws/config").is_symlink()
    assert "bob" in load_config(str(own))["profiles"]
    assert stat.S_IMODE(own.stat().st_mode) == 0o640
    assert profile("--remove") == 0
    assert own.read_text() == USER


@pytest.mark.parametrize("folder", ["a\nb", "x = 1\n[profile eve]\ny"])
def test_a_path_that_the_format_cant_hold(folder: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line break in the path of access.toml would end the setting, or begin another profile."""
    config = home / ".aws/config"
    config.write_text(USER)
    (home / folder).mkdir()
    (home / folder / "access.toml").write_text(TOML)
    assert profile("--config", str(home / folder / "access.toml")) == 2
    assert " contains a control character; rename the file or its folder" in capsys.readouterr().err
    assert config.read_text() == USER

"""Profiles in ~/.aws/config: reading them, and writing or removing a block that temp-access manages."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temp_access.errors import UserError
from temp_access.files import atomic_write

_MARK = "# managed by temp-access"
# How the block came into the file, so that removing it restores the file exactly.
_AFTER_LINE, _AFTER_NO_NEWLINE, _NEW_FILE = "", " after a line without an end", " in a new file"
# A header as the configparser of botocore and the AWS CLI reads it: indented, with any characters after it.
_HEADER = re.compile(r"^[ \t]*\[(.+)\]", re.MULTILINE)


def config_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the AWS configuration file: AWS_CONFIG_FILE, or else ~/.aws/config."""
    return Path(os.path.expanduser(environ.get("AWS_CONFIG_FILE") or "~/.aws/config")).absolute()


def credentials_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the AWS credentials file: AWS_SHARED_CREDENTIALS_FILE, or else ~/.aws/credentials."""
    return Path(os.path.expanduser(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials")).absolute()


def read_text(path: Path) -> str | None:
    """Return the file's content, undecodable bytes as surrogates; None without a file. Raises UserError."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path} can't be read ({error.strerror}); point AWS_CONFIG_FILE to another file") from error


def replace_text(path: Path, content: str | None) -> None:
    """Replace the file atomically (None: remove it); its mode and a link to it stay. Raises UserError."""
    target = Path(os.path.realpath(path))
    try:
        if content is None:
            target.unlink(missing_ok=True)
            return
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o7777 if target.exists() else 0o600
        atomic_write(target, content.encode("utf-8", "surrogateescape"), mode=mode, fsync=True)
    except OSError as error:
        raise UserError(
            f"{path} can't be written ({error.strerror}); make it writable, or point AWS_CONFIG_FILE to another file"
        ) from error


def read_profiles(region: str | None, profile: str | None) -> tuple[Mapping[str, Any], str | None]:
    """Return all profiles that botocore knows, and `region`, or else the Region of `profile`; raises UserError."""
    import botocore.session
    from botocore.exceptions import BotoCoreError

    core = botocore.session.Session()
    try:
        profiles: Mapping[str, Any] = core.full_config["profiles"]
    except BotoCoreError as error:
        raise UserError(f"the AWS configuration can't be read: {error}; correct it first") from error
    return profiles, region or profiles.get(profile or "default", {}).get("region")


def require_source_profile(profiles: Mapping[str, Any], source: str, name: str, managed: list[str]) -> None:
    """Raise UserError unless the profile `name` can borrow with the credentials of the profile `source`.

    `managed` are the profiles that temp-access manages.
    """
    visited: list[str] = []
    current: str | None = source
    while current is not None and current not in visited:
        if current == name:
            raise UserError(
                f"the source profile {source!r} refers back to {name!r}; pass another one with --profile, or --name"
            )
        if current in managed:
            raise UserError(
                f"the source profile {source!r} borrows by itself ({current!r}); pass temp-user's own with --profile"
            )
        visited.append(current)
        current = profiles.get(current, {}).get("source_profile")
    if source not in profiles:
        known = ", ".join(profiles) or "none"
        raise UserError(
            f"there is no profile {source!r} (known: {known}); write temp-user's with aws configure --profile "
            "temp-user, and pass --profile temp-user (for the local AWS, pass --local)"
        )


def profile_lines(name: str, settings: dict[str, str]) -> str:
    """Return the lines of the profile `name`."""
    lines = (f"[profile {name}]", *(f"{key} = {value}" for key, value in settings.items()))
    return "".join(f"{line}\n" for line in lines)


def put_block(content: str | None, name: str, lines: str) -> str:
    """Return the file's content (None: no file) with the block of `name`, in place of an older one or at the end."""
    if content is not None and (block := _find_block(content, name)):
        before, after = content[: block.start("begin")], content[block.end() :]
        return f"{before}{_block(name, block['origin'], lines)}{after}"
    if content is None:
        origin = _NEW_FILE
    else:
        origin = _AFTER_NO_NEWLINE if content and not content.endswith("\n") else _AFTER_LINE
    newline = "\n" if origin == _AFTER_NO_NEWLINE else ""
    return f"{content or ''}{newline}{_block(name, origin, lines)}"


def remove_block(content: str, name: str) -> str | None:
    """Return the file's content without the block of `name`; None if the file was created for the block.

    Raises KeyError if there is no such block.
    """
    block = _find_block(content, name)
    if not block:
        raise KeyError(name)
    origin, start, after = block["origin"], block.start("begin"), content[block.end() :]
    # The newline before the block belongs to it, unless another line follows now.
    if origin == _AFTER_NO_NEWLINE and not after and content[:start].endswith("\n"):
        start -= 1
    remaining = content[:start] + after
    return None if origin == _NEW_FILE and not remaining else remaining


def managed_profiles(content: str) -> list[str]:
    """Return the names of the profiles that have a block."""
    return re.findall(rf"^{_MARK}: begin (\S+)", content, re.MULTILINE)


def profile_names(content: str) -> list[str]:
    """Return the names of all profiles in the file's content, with or without a block."""
    names = []
    for header in _HEADER.findall(content):
        parts = header.strip().split(None, 1)
        name = parts[1] if len(parts) == 2 and parts[0] == "profile" else header.strip()
        names.append(name.strip().strip("\"'"))
    return names


def _block(name: str, origin: str, lines: str) -> str:
    return f"{_MARK}: begin {name}{origin}\n{lines}{_MARK}: end {name}\n"


def _find_block(content: str, name: str) -> "re.Match[str] | None":
    mark = f"{_MARK}: begin {re.escape(name)}"
    origins = "|".join(map(re.escape, (_AFTER_NO_NEWLINE, _NEW_FILE, _AFTER_LINE)))
    end = rf"^{_MARK}: end {re.escape(name)}(?:\n|\Z)"
    return re.search(rf"(?P<begin>^{mark}(?P<origin>{origins})\n)(?:.*\n)*?{end}", content, re.MULTILINE)

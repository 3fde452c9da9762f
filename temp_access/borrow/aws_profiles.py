"""The managed block in ~/.aws/config."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temp_access.errors import UserError
from temp_access.files import atomic_write


def read_profiles(region: str | None, profile: str | None) -> tuple[Mapping[str, Any], str | None]:
    """Return all profiles that botocore knows, and the Region of `profile` where none is given."""
    import botocore.session
    from botocore.exceptions import BotoCoreError

    core = botocore.session.Session()
    try:
        profiles: Mapping[str, Any] = core.full_config["profiles"]
    except BotoCoreError as error:
        raise UserError(f"the AWS configuration can't be read: {error}; put it right first") from error
    return profiles, region or profiles.get(profile or "default", {}).get("region")


def require_source_profile(profiles: Mapping[str, Any], base: str, name: str, managed: list[str]) -> None:
    """Raise UserError unless `base` is a profile that can borrow for the profile `name`."""
    seen: list[str] = []
    at: str | None = base
    while at is not None and at not in seen:
        if at == name:
            raise UserError(f"the base profile {base!r} leads to {name!r} itself; pass another --profile, or --name")
        if at in managed:
            raise UserError(f"the base profile {base!r} borrows itself ({at!r}); pass temp-user's own with --profile")
        seen.append(at)
        at = profiles.get(at, {}).get("source_profile")
    if base not in profiles:
        known = ", ".join(profiles) or "none"
        raise UserError(
            f"there is no profile {base!r} to borrow with (known: {known}); write temp-user's with aws configure "
            "--profile temp-user, and pass --profile temp-user (for the local AWS, pass --local)"
        )


def config_file(environ: Mapping[str, str]) -> Path:
    """Return the AWS configuration file: AWS_CONFIG_FILE, else ~/.aws/config."""
    return Path(os.path.expanduser(environ.get("AWS_CONFIG_FILE") or "~/.aws/config")).absolute()


def credentials_file(environ: Mapping[str, str]) -> Path:
    """Return the AWS credentials file: AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials."""
    return Path(os.path.expanduser(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials")).absolute()


def read_text(path: Path) -> str | None:
    """Return the file's text, whatever bytes are in it, None if there is no file; raises UserError."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path} can't be read ({error.strerror}); point AWS_CONFIG_FILE to another") from error


def replace_text(path: Path, text: str | None) -> None:
    """Replace the file in one step (None: remove it), keeping its mode and a link to it; raises UserError."""
    target = Path(os.path.realpath(path))
    try:
        if text is None:
            target.unlink(missing_ok=True)
            return
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o7777 if target.exists() else 0o600
        atomic_write(target, text.encode("utf-8", "surrogateescape"), mode=mode, fsync=True)
    except OSError as error:
        raise UserError(
            f"{path} can't be written ({error.strerror}); make it writable, or point AWS_CONFIG_FILE to another"
        ) from error


_MARK = "# managed by temp-access"
# What had to be written before the block, so that taking it out leaves the file as it was.
_AFTER_LINE, _AFTER_NO_NEWLINE, _NEW_FILE = "", " after a line without an end", " in a new file"
# As the configparser of botocore and the aws CLI sees it: indented, and whatever follows, a \r included.
_HEADER = re.compile(r"^[ \t]*\[(.+)\]", re.MULTILINE)


def profile_lines(name: str, settings: dict[str, str]) -> str:
    """Return the lines of the profile `name`."""
    return "".join(f"{line}\n" for line in (f"[profile {name}]", *(f"{k} = {v}" for k, v in settings.items())))


def put_block(text: str | None, name: str, lines: str) -> str:
    """Return `text` (None: there is no file) with the block, in the place of an older one or at the end."""
    if text is not None and (found := _find(text, name)):
        how = found["how"]
        before, after = text[: found.start("begin")], text[found.end() :]
        return f"{before}{_marked(name, how, lines)}{after}"
    how = _NEW_FILE if text is None else _AFTER_NO_NEWLINE if text and not text.endswith("\n") else _AFTER_LINE
    newline = "\n" if how == _AFTER_NO_NEWLINE else ""
    return f"{text or ''}{newline}{_marked(name, how, lines)}"


def remove_block(text: str, name: str) -> str | None:
    """Return `text` without the block and what was written for it; None if then the file is to go as well.

    Raises KeyError if there is no such block.
    """
    found = _find(text, name)
    if not found:
        raise KeyError(name)
    how, start, after = found["how"], found.start("begin"), text[found.end() :]
    # The newline before the block was written, too; but it ends a line if something else follows now.
    if how == _AFTER_NO_NEWLINE and not after and text[:start].endswith("\n"):
        start -= 1
    left = text[:start] + after
    return None if how == _NEW_FILE and not left else left


def managed_profiles(text: str) -> list[str]:
    """Return the names of the profiles that have such a block."""
    return re.findall(rf"^{_MARK}: begin (\S+)", text, re.MULTILINE)


def profile_names(text: str) -> list[str]:
    """Return the names of all profiles in `text`, those with a block of ours included."""
    found = []
    for header in _HEADER.findall(text):
        words = header.strip().split(None, 1)
        name = words[1] if len(words) == 2 and words[0] == "profile" else header.strip()
        found.append(name.strip().strip("\"'"))
    return found


def _marked(name: str, how: str, lines: str) -> str:
    return f"{_MARK}: begin {name}{how}\n{lines}{_MARK}: end {name}\n"


def _find(text: str, name: str) -> "re.Match[str] | None":
    mark = f"{_MARK}: begin {re.escape(name)}"
    hows = "|".join(map(re.escape, (_AFTER_NO_NEWLINE, _NEW_FILE, _AFTER_LINE)))
    end = rf"^{_MARK}: end {re.escape(name)}(?:\n|\Z)"
    return re.search(rf"(?P<begin>^{mark}(?P<how>{hows})\n)(?:.*\n)*?{end}", text, re.MULTILINE)

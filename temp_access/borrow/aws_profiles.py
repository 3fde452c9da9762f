"""Profiles in ~/.aws/config: reading them, and writing or removing a block that temp-access manages.

What is written was parsed by botocore before: a file that was readable stays readable, and every other profile keeps
its settings.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from temp_access.borrow.profile_blocks import find_block, put_block, remove_block
from temp_access.errors import UserError
from temp_access.files import read_bounded, replace_shared
from temp_access.private_folders import home_folder
from temp_access.terminal_text import CONTROL, escape_control


def config_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the AWS configuration file: AWS_CONFIG_FILE, or else ~/.aws/config; raises UserError."""
    return _path(environ.get("AWS_CONFIG_FILE") or "~/.aws/config", environ)


def credentials_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the AWS credentials file: AWS_SHARED_CREDENTIALS_FILE, or else ~/.aws/credentials."""
    return _path(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials", environ)


def _path(path: str, environ: Mapping[str, str]) -> Path:
    if path.startswith("~/"):
        return Path(home_folder(environ) + path[1:])
    return Path(os.path.expanduser(path)).absolute()


def read_text(path: Path) -> str | None:
    """Return the file's content, undecodable bytes as surrogates; None without a file. Raises UserError."""
    try:
        return read_bounded(path).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path} can't be read ({error.strerror}); point AWS_CONFIG_FILE to another file") from error


def change_text(path: Path, change: Callable[[str | None], str | None]) -> None:
    """Replace the file's content by what `change` makes of it (None: no file); its mode and a link to it stay.

    Nothing is lost that others write to it at the same time. Raises UserError.
    """

    def change_bytes(content: bytes | None) -> bytes | None:
        changed = change(None if content is None else content.decode("utf-8", "surrogateescape"))
        return None if changed is None else changed.encode("utf-8", "surrogateescape")

    def on_wait() -> None:
        print(f"waiting for another process that changes {path}", file=sys.stderr)

    try:
        replace_shared(path, change_bytes, on_wait)
    except OSError as error:
        raise UserError(
            f"{path} can't be written ({error.strerror}); make it writable, or point AWS_CONFIG_FILE to another file"
        ) from error


def read_profiles(
    config: tuple[Path, str | None], credentials: tuple[Path, str | None], name: str
) -> dict[str, dict[str, Any]]:
    """Return the settings of all profiles but temp-access's own `name`, from both files: each a path with its content.

    Raises UserError if botocore can't read one of them.
    """
    path, content = config
    own = find_block(content, name) if content else None
    rest = content[: own.start] + content[own.end :] if content and own else content
    profiles = {key: dict(settings) for key, settings in require_readable(path, rest)["profiles"].items()}
    # In the credentials file, every section is a profile.
    keys = require_readable(*credentials)
    sections = {key: value for key, value in keys.items() if key not in ("profiles", "sso_sessions", "services")}
    for key, settings in {**sections, **keys["profiles"]}.items():
        profiles[key] = profiles.get(key, {}) | settings
    return profiles


def require_source_profile(
    profiles: Mapping[str, Any], source: str, name: str, managed: list[str], who: str = "temp-user"
) -> None:
    """Raise UserError unless the profile `name` can borrow with the credentials of the profile `source`.

    `managed` are the profiles that temp-access manages; `who` is whose profile `source` should be.
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
                f"the source profile {source!r} borrows by itself ({current!r}); pass {who}'s own with --profile"
            )
        visited.append(current)
        current = profiles.get(current, {}).get("source_profile")
    if source not in profiles:
        known = ", ".join(profiles) or "none"
        example = "temp-user" if who == "temp-user" else "NAME"
        raise UserError(
            f"there is no profile {source!r} (known: {known}); write {who}'s with aws configure --profile "
            f"{example}, and pass --profile {example} (for the local AWS, pass --local)"
        )


def profile_lines(name: str, settings: dict[str, str]) -> str:
    """Return the lines of the profile `name`; raises UserError if a value contains a control character."""
    for key, value in settings.items():
        # Every tool that reads the file takes what follows a line end for a line of its own.
        if CONTROL.search(value):
            raise UserError(
                f"the profile's {key} would be {escape_control(value)}, and a profile can't hold control characters; "
                "use paths without them"
            )
    lines = (f"[profile {name}]", *(f"{key} = {value}" for key, value in settings.items()))
    return "".join(f"{line}\n" for line in lines)


def with_profile(path: Path, content: str | None, name: str, settings: dict[str, str]) -> str:
    """Return the `content` of the file `path` with the profile `name`.

    Raises UserError if botocore can't read the file, or if it would read another profile differently afterwards.
    """
    updated = put_block(content, name, profile_lines(name, settings))
    before, after = _readable(path, content, updated)
    _require_unchanged(path, name, before, after)
    profile = after["profiles"].get(name, {})
    wrong = [key for key, value in settings.items() if profile.get(key) != value]
    if wrong:
        raise UserError(
            f"{path} can't hold the profile {name!r}: AWS's tools would read another {wrong[0]} than "
            f"{settings[wrong[0]]!r}; use paths and names without line breaks and spaces at their ends"
        )
    return updated


def without_profile(path: Path, content: str, name: str) -> str | None:
    """Return the `content` of the file `path` without the block of `name`; None if the file was created for it.

    Raises UserError as `with_profile` does, and if the block's comment lines were changed.
    """
    try:
        updated = remove_block(content, name)
    except KeyError:
        raise UserError(
            f"the comment lines around {name!r} in {path} were changed; remove the profile by hand"
        ) from None
    before, after = _readable(path, content, updated)
    _require_unchanged(path, name, before, after)
    if name in after["profiles"]:
        raise UserError(f"{path} has a second profile {name!r}; remove it by hand")
    return updated


def require_readable(path: Path, content: str | None) -> Mapping[str, Any]:
    """Return the file's content as botocore reads it; raises UserError with the reason if it can't."""
    from botocore.configloader import load_config
    from botocore.exceptions import BotoCoreError

    if content is None:
        return {"profiles": {}}
    with tempfile.TemporaryDirectory(prefix="temp-access-") as folder:
        copy = Path(folder, "config")
        copy.write_bytes(content.encode("utf-8", "surrogateescape"))
        try:
            parsed: Mapping[str, Any] = load_config(str(copy))
        except BotoCoreError as error:
            reason = " ".join(str(error.kwargs.get("error", error)).split()).replace(str(copy), str(path))
            raise UserError(f"{path} can't be read by the AWS CLI and the SDKs: {reason}; correct it first") from None
    return parsed


def _readable(path: Path, content: str | None, updated: str | None) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return both contents as botocore reads them; the new one twice if only that is readable."""
    try:
        before = require_readable(path, content)
    except UserError as error:
        # The block itself may be what can't be read; replacing or removing it repairs the file.
        try:
            after = require_readable(path, updated)
        except UserError:
            raise error from None
        return after, after
    try:
        return before, require_readable(path, updated)
    except UserError as error:
        # Settings of the section DEFAULT belong to every profile, and can be unreadable in one.
        raise UserError(f"{error} (it is readable only until it has another profile)") from None


def _require_unchanged(path: Path, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raise UserError if anything but the profile `name` differs."""
    old, new = (_others(parsed, name) for parsed in (before, after))
    changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
    if changed:
        raise UserError(
            f"this would change {', '.join(changed)} in {path}, because lines within or after temp-access's block of "
            f"{name!r} belong to it; move them, then try again"
        )


def _others(parsed: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return everything but the profile `name`, by what messages call it."""
    groups = {"profiles": "the profile", "sso_sessions": "the sso-session", "services": "the services section"}
    others: dict[str, Any] = {f"the section {key}": value for key, value in parsed.items() if key not in groups}
    for group, called in groups.items():
        others |= {f"{called} {key}": value for key, value in parsed.get(group, {}).items()}
    others.pop(f"the profile {name}", None)
    return others

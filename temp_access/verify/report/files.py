"""Writing a report's file, whole or not at all."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from temp_access.errors import UserError


def write_report(path: Path, text: str) -> None:
    """Write `text` to `path`, making its folder; a reader sees the old file or the new one, never a part.

    Raises `UserError` when the file can't be written.
    """
    content = text.encode("utf-8", "backslashreplace")
    try:
        if _is_device(path):
            path.write_bytes(content)
        else:
            _replace(path.resolve(), content)
    except OSError as error:
        raise UserError(_sentence(path, error)) from error


def check_writable(paths: Iterable[Path]) -> None:
    """Raise `UserError`, naming all that's wrong, unless a report can be written to each of `paths`.

    It makes the folders, and writes and removes a file in each: nothing less proves that one can.
    """
    findings, seen = [], set[Path]()
    for path in paths:
        try:
            place = path.resolve()
            if place in seen and not _is_device(path):
                findings.append(f"{path} is given for two reports; give each a path of its own")
            seen.add(place)
            if not _is_device(path):
                _scratch(place, b"").unlink()
        except OSError as error:
            findings.append(_sentence(path, error))
    if findings:
        raise UserError("\n".join(findings))


def _is_device(path: Path) -> bool:
    # Renaming a file over /dev/null or a pipe would replace it for everybody.
    return path.exists() and not path.is_file() and not path.is_dir()


def _replace(path: Path, content: bytes) -> None:
    scratch = _scratch(path, content)
    try:
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def _scratch(path: Path, content: bytes) -> Path:
    if path.is_dir():
        raise IsADirectoryError(None, "is a folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.parent / f".report-{secrets.token_hex(8)}.tmp"
    # Not tempfile's: it makes files that only their owner can read, whatever the umask says.
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    return scratch


def _sentence(path: Path, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"can't write the report {path}: {reason}; give a path in a folder that you may write to"

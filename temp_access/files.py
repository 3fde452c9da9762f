"""Atomic writes, JSON reading, file locks: the one copy."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from temp_access.errors import UserError


def read_object(file: Path, again: str) -> dict[str, Any]:
    """Return the object in `file`; raises UserError, which ends with `again`, the advice, if there is none."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{file}: there is no such file; {again}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{file}: can't be read ({error}); {again}") from None
    if not isinstance(value, dict):
        raise UserError(f"{file}: isn't a JSON object; {again}")
    return value


def atomic_write(path: Path, content: bytes, *, mode: int, fsync: bool = False) -> None:
    """Replace `path` by a file of `content`: a reader sees the old file or the new one, never a part of it.

    `mode` is the new file's, less the umask; `fsync` makes the content survive a loss of power. Follows no link at
    `path`: resolve it first where the link should stay. Raises OSError, and then leaves nothing behind.
    """
    scratch = path.with_name(f".{secrets.token_hex(8)}.tmp")
    # Not tempfile's: it makes files that only their owner can read, whatever the umask says.
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            if fsync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(scratch, path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


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


def try_lock(path: Path) -> IO[str] | None:
    """Return the open file that holds the lock, or None when another process holds it."""
    file = path.open("a", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def is_held(path: Path) -> bool:
    """Return whether some process holds the lock."""
    if not path.exists():
        return False
    file = try_lock(path)
    if file is None:
        return True
    file.close()
    return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock, waiting for whoever holds it now."""
    with path.open("a", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

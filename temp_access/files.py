"""Atomic writes, JSON reading and file locks.

It imports nothing heavy, because the cache uses it.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from temp_access.errors import UserError

# How the names of unfinished files begin. A killed process leaves such a file behind.
UNFINISHED_PREFIX = ".new-"


def read_object(file: Path, advice: str) -> dict[str, Any]:
    """Return the JSON object in `file`; raises UserError, which ends with `advice`, if it holds none."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{file}: there is no such file; {advice}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{file}: can't be read ({error}); {advice}") from None
    if not isinstance(value, dict):
        raise UserError(f"{file}: isn't a JSON object; {advice}")
    return value


def atomic_write(
    path: str | Path, content: bytes, *, mode: int | None, fsync: bool = False, mtime: float | None = None
) -> None:
    """Replace the file at `path` in one step: a reader sees the old content or the new, never a part of it.

    `mode` is the file's exact mode; None means 0666 less the umask. `fsync` makes the content survive a power
    failure. `mtime` is the modification time (seconds since the epoch; None: now). A symbolic link at `path` is
    replaced: resolve it first to keep it. Raises OSError, and then leaves no unfinished file behind.
    """
    unfinished = _write_unfinished(path, content, mode, fsync, mtime)
    try:
        os.replace(unfinished, path)
    except BaseException:
        _unlink(unfinished)
        raise


def _write_unfinished(
    path: str | Path, content: bytes, mode: int | None, fsync: bool = False, mtime: float | None = None
) -> str:
    """Write `content` to a new file beside `path` and return its path."""
    # os.urandom, because the modules tempfile and secrets take longer to import than a cached call may last.
    unfinished = os.path.join(os.path.dirname(path), f"{UNFINISHED_PREFIX}{os.urandom(8).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(unfinished, flags, 0o666 if mode is None else mode & 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if mode is not None:
                os.fchmod(descriptor, mode)
            if mtime is not None:
                os.utime(descriptor, (mtime, mtime))
            if fsync:
                os.fsync(descriptor)
    except BaseException:
        _unlink(unfinished)
        raise
    return unfinished


def _unlink(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


def write_report(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, creating its folder; raises UserError if the file can't be written."""
    content = text.encode("utf-8", "backslashreplace")
    try:
        if _is_device(path):
            path.write_bytes(content)
        else:
            atomic_write(_prepare(path), content, mode=None)
    except OSError as error:
        raise UserError(_write_error(path, error)) from error


def check_writable(paths: Iterable[Path]) -> None:
    """Raise UserError, with one line for each problem, unless a report can be written to each of `paths`.

    Creates the folders, and writes and removes a file in each of them: only that proves that writing works.
    """
    findings, seen = [], set[Path]()
    for path in paths:
        try:
            target = path.resolve()
            if target in seen and not _is_device(path):
                findings.append(f"{path} is given for two reports; give each a path of its own")
            seen.add(target)
            if not _is_device(path):
                os.unlink(_write_unfinished(_prepare(path), b"", None))
        except OSError as error:
            findings.append(_write_error(path, error))
    if findings:
        raise UserError("\n".join(findings))


def _is_device(path: Path) -> bool:
    # Renaming a file over /dev/null or a pipe would replace it for every program.
    return path.exists() and not path.is_file() and not path.is_dir()


def _prepare(path: Path) -> Path:
    """Return the file that `path` leads to through links, with its folder created."""
    target = path.resolve()
    if target.is_dir():
        raise IsADirectoryError(None, "is a folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _write_error(path: Path, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"can't write the report {path}: {reason}; give a path in a folder that you can write to"


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
    """Return whether a process holds the lock."""
    if not path.exists():
        return False
    file = try_lock(path)
    if file is None:
        return True
    file.close()
    return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock; waits until no other process holds it."""
    with path.open("a", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

"""Bounded reading, atomic writes, shared files and file locks.

It imports nothing heavy, because the cache uses it.
"""

import errno
import fcntl
import json
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from temp_access.errors import UserError

# How the names of unfinished files begin. A killed process leaves such a file behind.
UNFINISHED_PREFIX = ".new-"
# The longest access.toml or AWS configuration file, and the longest JSON that a tool wrote, in bytes.
MAX_SIZE = 16 << 20
MAX_OBJECT_SIZE = 256 << 20
MAX_POLICY_SIZE = 1 << 20
# Seconds for which a lock is waited for: longer than one call of a service may take.
LOCK_WAIT = 30.0
_NOTICE_AFTER = 2.0


def read_bounded(path: str | os.PathLike[str], limit: int = MAX_SIZE) -> bytes:
    """Return the content of a regular file of at most `limit` bytes; raises OSError for anything else.

    A pipe would wait for ever, and a device would never end.
    """
    # Without blocking: opening a pipe that nobody writes to would wait too.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "Is a directory", os.fspath(path))
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it isn't a regular file", os.fspath(path))
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit >> 20} MB", os.fspath(path))
    return content


def read_bounded_text(path: str | os.PathLike[str], limit: int = MAX_SIZE, encoding: str = "utf-8-sig") -> str:
    """Return the text of a regular file of at most `limit` bytes; raises OSError and UnicodeDecodeError."""
    return read_bounded(path, limit).decode(encoding)


def reject_duplicate_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the members as an object, for `json.loads`; raises ValueError if a key occurs twice."""
    members: dict[str, object] = {}
    for key, value in pairs:
        if key in members:
            raise ValueError(f"{key!r} occurs twice in one object")
        members[key] = value
    return members


def read_object(file: Path, advice: str, *, written_by_hand: bool = False) -> dict[str, Any]:
    """Return the JSON object in `file`; raises UserError, which ends with `advice`, if it holds none.

    A file that is `written_by_hand` may be no larger than `MAX_POLICY_SIZE`, and no key may occur twice in an object.
    """
    try:
        text = read_bounded_text(file, MAX_POLICY_SIZE if written_by_hand else MAX_OBJECT_SIZE, "utf-8")
        value = json.loads(text, object_pairs_hook=reject_duplicate_keys if written_by_hand else None)
    except FileNotFoundError:
        raise UserError(f"{file}: there is no such file; {advice}") from None
    except OSError as error:
        raise UserError(f"{file}: can't be read ({error.strerror}); {advice}") from None
    except (ValueError, RecursionError) as error:
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


def replace_shared(path: Path, change: Callable[[bytes | None], bytes | None], on_wait: Callable[[], None]) -> None:
    """Replace a file that others change too by what `change` makes of its content; None stands for no file.

    Its mode stays, and so does a link to it. The lock of its folder is held meanwhile. What a program that knows no
    lock writes in between isn't lost: `change` is called again then. `on_wait` is that of `acquire_lock`. Raises
    OSError, and what `change` raises.
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    # The folder itself, so that no lock file remains. Where it can't be locked, the comparison has to suffice.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            acquire_lock(descriptor, LOCK_WAIT, on_wait)
        while not _replaced(target, change):
            pass
    finally:
        os.close(descriptor)


def _replaced(target: str, change: Callable[[bytes | None], bytes | None]) -> bool:
    """Change the file, and return whether that worked: its content was still the one that `change` was given."""
    before = _read_existing(target)
    after = change(before)
    mode = 0o600 if before is None else os.stat(target).st_mode & 0o7777
    unfinished = None if after is None else _write_unfinished(target, after, mode, fsync=True)
    try:
        if _read_existing(target) != before:
            return False
        if unfinished:
            os.replace(unfinished, target)
        elif before is not None:
            os.unlink(target)
        unfinished = None
    finally:
        if unfinished:
            _unlink(unfinished)
    return True


def _read_existing(path: str) -> bytes | None:
    try:
        return read_bounded(path, MAX_SIZE)
    except FileNotFoundError:
        return None


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
    """Hold the lock; waits until no other process holds it, and says so on standard error after two seconds."""
    with path.open("a", encoding="ascii") as file:
        acquire_lock(file.fileno(), None, lambda: print(f"waiting for the process that holds {path}", file=sys.stderr))
        yield


def acquire_lock(descriptor: int, seconds: float | None, on_wait: Callable[[], None]) -> bool:
    """Lock an open file, and return whether that worked within `seconds` (None: wait for ever).

    Calls `on_wait` once, after two seconds: whoever waits says for what. Raises OSError, BlockingIOError apart.
    """
    started, told, pause = time.monotonic(), False, 0.005
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            return True
        waited = time.monotonic() - started
        if seconds is not None and waited >= seconds:
            return False
        if waited >= _NOTICE_AFTER and not told:
            told = True
            on_wait()
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)

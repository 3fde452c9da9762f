"""The journal of runs: what each created and hasn't removed yet, so that a later run can clean up after it.

Each run has a file of mode 0600. A tag on the user names the run too, for machines that don't keep files; a run
whose tag is older than an hour is over.
"""

import calendar
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from temp_access.config.validation import RESERVED
from temp_access.errors import UserError
from temp_access.files import atomic_write

TAG_PREFIX = "temp-access:verify/"
NO_KEY = "none"
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html
KEY_ID = re.compile(r"\w{16,128}", re.ASCII)
_RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}", re.ASCII)
_MAX_AGE = 3600


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run: its deployment, its process, the access key it created, and the prefixes it writes under."""

    run: str
    account: str
    user: str
    bucket: str
    pid: int
    process_start: str
    key_id: str | None = None
    prefixes: tuple[str, ...] = ()


class Journal:
    """The journal of all runs on this machine."""

    def __init__(self, folder: Path | None = None) -> None:
        state = os.environ.get("XDG_STATE_HOME", "")
        if not os.path.isabs(state):
            # The specification ignores relative paths: https://specifications.freedesktop.org/basedir-spec/latest/
            state = os.path.join(Path.home(), ".local", "state")
        self._folder = folder or Path(state) / "temp-access" / "verify"

    def write(self, record: RunRecord) -> None:
        """Write a run's record atomically; raises UserError if the folder can't be written."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            atomic_write(self._path(record.run), json.dumps(asdict(record)).encode(), mode=0o600, fsync=True)
        except OSError as error:
            raise UserError(
                f"{self._folder}: can't be written ({error.strerror}); verify records there what it must clean "
                "up, so set XDG_STATE_HOME to a writable folder"
            ) from None

    def remove(self, run: str) -> None:
        """Remove the record of a run that left nothing behind."""
        self._path(run).unlink(missing_ok=True)

    def abandoned(self, account: str, user: str) -> Iterator[RunRecord]:
        """Yield the runs on `user` of `account` whose process has ended."""
        for path in sorted(self._folder.glob("*.json")):
            record = _read(path)
            if record and (record.account, record.user) == (account, user) and not _is_running(record):
                yield record

    def _path(self, run: str) -> Path:
        return self._folder / f"{run}.json"


def new_record(run: str, *, account: str, user: str, bucket: str, prefixes: tuple[str, ...]) -> RunRecord:
    """Return the record of a run in this process."""
    pid = os.getpid()
    return RunRecord(run, account, user, bucket, pid, _process_start(pid), prefixes=prefixes)


def with_key(record: RunRecord, key_id: str) -> RunRecord:
    """Return `record` with the id of the run's access key."""
    return replace(record, key_id=key_id)


def is_over(run: str) -> bool:
    """Whether a run, on any machine, started so long ago that it must be over."""
    if not _RUN.fullmatch(run):
        return False
    try:
        started = time.strptime(run[:16], "%Y%m%dT%H%M%SZ")
    except ValueError:
        return False
    return time.time() - calendar.timegm(started) > _MAX_AGE


def _read(path: Path) -> RunRecord | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        record = RunRecord(**{**data, "prefixes": tuple(data["prefixes"])})
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return record if _is_valid(record) and path.stem == record.run else None


def _is_valid(record: RunRecord) -> bool:
    strings = (record.run, record.account, record.user, record.bucket, record.process_start, record.key_id or "")
    if type(record.pid) is not int or not all(isinstance(value, str) for value in (*strings, *record.prefixes)):
        return False
    if record.key_id is not None and not KEY_ID.fullmatch(record.key_id):
        return False
    # Only the run's own prefixes may be removed, whatever the file contains.
    return bool(_RUN.fullmatch(record.run)) and all(p.endswith(f"{RESERVED}{record.run}/") for p in record.prefixes)


def _is_running(record: RunRecord) -> bool:
    return bool(record.process_start) and _process_start(record.pid) == record.process_start


def _process_start(pid: int) -> str:
    # On Linux the start time distinguishes a process from a later one with the same id; elsewhere ask the system.
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        # A zombie has ended; in a container there may be no parent that reaps it.
        return "" if fields[0] in "ZX" else fields[19]
    except (OSError, IndexError):
        pass
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):
        return ""
    return "alive"

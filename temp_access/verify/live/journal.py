"""The journal of runs: what each created and hasn't removed yet, so that a later run can clean up after it.

Each run has a file of mode 0600. Its record says whose run it is: which deployment, which process of which machine,
which user. Only a run on the same deployment that is known to be over is cleaned up. A tag on the user names the run
too, for machines that don't keep files. A run of another machine is over when it began more than an hour ago.
"""

import calendar
import json
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.borrow.cached_session import server_file
from temp_access.config.validation import RESERVED
from temp_access.errors import UserError
from temp_access.files import atomic_write
from temp_access.private_folders import make_private, require_private, user_folder
from temp_access.verify.live.process import ProcessState, RunProcess, this_process

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


TAG_PREFIX = "temp-access:verify/"
NO_KEY = "none"
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html
KEY_ID = re.compile(r"\w{16,128}", re.ASCII)
_RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}", re.ASCII)
_MAX_AGE = 3600
_MAX_SIZE = 1 << 20


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run: its deployment, its process, the access key it created, and the prefixes it writes under.

    `endpoint` is that of `endpoint_of`. Both are None for a run that only a tag tells of. `known_keys` are the user's
    keys before the run called CreateAccessKey, and `creating_at` is the time of that on the service's clock (ISO 8601,
    empty before).
    """

    run: str
    account: str
    user: str
    bucket: str
    endpoint: str | None = None
    process: RunProcess | None = None
    key_id: str | None = None
    prefixes: tuple[str, ...] = ()
    known_keys: tuple[str, ...] = ()
    creating_at: str = ""


class Journal:
    """The journal of this user's runs; raises UserError if the home folder isn't known."""

    def __init__(self, folder: Path | None = None) -> None:
        if folder is None:
            base = user_folder(os.environ, "XDG_STATE_HOME", ".local", "state")
            self._folders: tuple[str, ...] = (base, "verify")
        else:
            self._folders = (os.fspath(folder),)
        self._folder = Path(*self._folders)

    def write(self, record: RunRecord) -> None:
        """Write a run's record atomically; raises UserError if the folder can't be written, or is another user's."""
        try:
            make_private(*self._folders)
            atomic_write(self.file(record.run), json.dumps(asdict(record)).encode(), mode=0o600, fsync=True)
        except OSError as error:
            raise UserError(
                f"{self._folder}: can't be written ({error.strerror}); verify records there what it must clean "
                "up, so set XDG_STATE_HOME to a writable folder of your own"
            ) from None

    def remove(self, run: str) -> None:
        """Remove the record of a run that left nothing behind."""
        self.file(run).unlink(missing_ok=True)

    def abandoned(
        self, account: str, user: str, endpoint: str, warn: Callable[[str], None] = lambda _: None
    ) -> Iterator[RunRecord]:
        """Yield the runs on `user` of `account` at `endpoint` that are over, and pass what can't be trusted to `warn`.

        `endpoint` is that of `endpoint_of`.
        """
        for record in self._records(warn):
            if (record.account, record.user, record.endpoint) == (account, user, endpoint) and _has_ended(record):
                yield record

    def abandoned_users(self, account: str, endpoint: str) -> set[str]:
        """Return the users of the runs of `account` at `endpoint` that are over."""
        records = self._records(lambda _: None)
        return {
            each.user for each in records if (each.account, each.endpoint) == (account, endpoint) and _has_ended(each)
        }

    def is_running(self, run: str) -> bool:
        """Whether the process of a run is known to be running."""
        record = self._read(self.file(run))
        return isinstance(record, RunRecord) and _state(record) is ProcessState.RUNNING

    def read(self, run: str) -> RunRecord | None:
        """Return the record of a run, None if there is none that can be trusted."""
        record = self._read(self.file(run))
        return record if isinstance(record, RunRecord) else None

    def file(self, run: str) -> Path:
        """Return the path of a run's record."""
        return self._folder / f"{run}.json"

    def _records(self, warn: Callable[[str], None]) -> Iterator[RunRecord]:
        try:
            folder = ""
            for name in self._folders:
                folder = os.path.join(folder, name)
                require_private(folder)
            paths = sorted(self._folder.glob("*.json"))
        except FileNotFoundError:
            return
        except OSError as error:
            warn(f"{folder} {error.strerror}, so the runs that it tells of aren't cleaned up; remove it")
            return
        for path in paths:
            record = self._read(path)
            if isinstance(record, RunRecord):
                yield record
            elif record is not None:
                warn(f"{path} {record}, so it is ignored; remove it")

    def _read(self, path: Path) -> RunRecord | str | None:
        """Return the record in the file, or why there is none that can be trusted; None if the file is gone."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"can't be read ({error.strerror})"
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
                return "isn't a file that only this user can write"
            content = file.read(_MAX_SIZE + 1)
        record = _parse(content)
        return record if record and path.stem == record.run else "isn't the record of a run"


def new_record(
    run: str, *, account: str, user: str, bucket: str, prefixes: tuple[str, ...], endpoint: str
) -> RunRecord:
    """Return the record of a run in this process; `endpoint` is that of `endpoint_of`."""
    return RunRecord(run, account, user, bucket, endpoint, this_process(), prefixes=prefixes)


def endpoint_of(iam: "IAMClient") -> str:
    """Return what tells the deployment from one with the same account elsewhere: its endpoint, for messages too.

    A local AWS is named by its state folder: all have the same account, and the port can be another one's tomorrow.
    """
    server = server_file(os.environ)
    return f"the local AWS in {os.path.dirname(os.path.realpath(server))}" if server else str(iam.meta.endpoint_url)


def with_key(record: RunRecord, key_id: str) -> RunRecord:
    """Return `record` with the id of the run's access key."""
    return replace(record, key_id=key_id)


def is_over(run: str) -> bool:
    """Whether a run, on any machine, started so long ago that it must be over."""
    started = _start_time(run)
    return started is not None and time.time() - started > _MAX_AGE


def _start_time(run: str) -> float | None:
    if not _RUN.fullmatch(run):
        return None
    try:
        return calendar.timegm(time.strptime(run[:16], "%Y%m%dT%H%M%SZ"))
    except ValueError:
        return None


def _state(record: RunRecord) -> ProcessState:
    started = _start_time(record.run)
    return record.process.state(started) if record.process and started is not None else ProcessState.UNKNOWN


def _has_ended(record: RunRecord) -> bool:
    state = _state(record)
    return state is ProcessState.ENDED or (state is ProcessState.UNKNOWN and is_over(record.run))


def _parse(content: bytes) -> RunRecord | None:
    try:
        data = json.loads(content)
        process = RunProcess(**data["process"])
        lists = {"prefixes": tuple(data["prefixes"]), "known_keys": tuple(data.get("known_keys", ()))}
        record = RunRecord(**{**data, "process": process, **lists})
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return record if _is_valid(record, process) else None


def _is_valid(record: RunRecord, process: RunProcess) -> bool:
    strings = (record.run, record.account, record.user, record.bucket, record.endpoint, record.key_id or "")
    of_process = (process.host, process.boot, process.namespace, process.start)
    of_key = (record.creating_at, *record.known_keys)
    if not all(isinstance(value, str) for value in (*strings, *of_process, *of_key, *record.prefixes)):
        return False
    if type(process.pid) is not int or process.pid <= 0 or process.owner != os.geteuid():
        return False
    if record.key_id is not None and not KEY_ID.fullmatch(record.key_id):
        return False
    if record.creating_at and not _is_time(record.creating_at):
        return False
    # Only the run's own prefixes may be removed, whatever the file contains.
    return _start_time(record.run) is not None and all(
        prefix.endswith(f"{RESERVED}{record.run}/") for prefix in record.prefixes
    )


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False

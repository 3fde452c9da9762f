"""What a run made and hasn't taken away yet, kept in a file of mode 0600 so that a killed run is cleaned up.

The same is kept as a tag on the user, for machines that don't keep files: a run whose tag is older
than an hour is over.
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
_OLD = 3600


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run: where it ran, the process, the key it minted (None so far), the prefixes it writes under."""

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
            # A relative one is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
            state = os.path.join(Path.home(), ".local", "state")
        self._folder = folder or Path(state) / "temp-access" / "verify"

    def write(self, record: RunRecord) -> None:
        """Keep `entry`, atomically; raises UserError if that can't be done."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            atomic_write(self._path(record.run), json.dumps(asdict(record)).encode(), mode=0o600, fsync=True)
        except OSError as error:
            raise UserError(
                f"{self._folder}: can't be written ({error.strerror}); verify keeps there what it must clean "
                "up, so set XDG_STATE_HOME to a folder that can be written"
            ) from None

    def remove(self, run: str) -> None:
        """Forget the run: nothing of it is left."""
        self._path(run).unlink(missing_ok=True)

    def abandoned(self, account: str, user: str) -> Iterator[RunRecord]:
        """Yield the runs against `user` of `account` whose process is gone."""
        for path in sorted(self._folder.glob("*.json")):
            entry = _read(path)
            if entry and (entry.account, entry.user) == (account, user) and not _alive(entry):
                yield entry

    def _path(self, run: str) -> Path:
        return self._folder / f"{run}.json"


def new_record(run: str, *, account: str, user: str, bucket: str, prefixes: tuple[str, ...]) -> RunRecord:
    """Return the entry of this process's run."""
    pid = os.getpid()
    return RunRecord(run, account, user, bucket, pid, _process_start(pid), prefixes=prefixes)


def with_key(record: RunRecord, key_id: str) -> RunRecord:
    """Return `entry` with the id of the minted key."""
    return replace(record, key_id=key_id)


def is_over(run: str) -> bool:
    """Whether a run of any machine began so long ago that it must be over."""
    if not _RUN.fullmatch(run):
        return False
    try:
        began = time.strptime(run[:16], "%Y%m%dT%H%M%SZ")
    except ValueError:
        return False
    return time.time() - calendar.timegm(began) > _OLD


def _read(path: Path) -> RunRecord | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        entry = RunRecord(**{**data, "prefixes": tuple(data["prefixes"])})
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return entry if _is_sound(entry) and path.stem == entry.run else None


def _is_sound(entry: RunRecord) -> bool:
    texts = (entry.run, entry.account, entry.user, entry.bucket, entry.process_start, entry.key_id or "")
    if type(entry.pid) is not int or not all(isinstance(text, str) for text in (*texts, *entry.prefixes)):
        return False
    if entry.key_id is not None and not KEY_ID.fullmatch(entry.key_id):
        return False
    # What is removed must be the run's own, whatever the file says.
    return bool(_RUN.fullmatch(entry.run)) and all(p.endswith(f"{RESERVED}{entry.run}/") for p in entry.prefixes)


def _alive(entry: RunRecord) -> bool:
    return bool(entry.process_start) and _process_start(entry.pid) == entry.process_start


def _process_start(pid: int) -> str:
    # The start time tells a process from a later one with the same number (Linux); elsewhere ask the system.
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        # A zombie is over: in a container there may be nobody who buries it.
        return "" if fields[0] in "ZX" else fields[19]
    except (OSError, IndexError):
        pass
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):
        return ""
    return "alive"

"""The access log: one JSON line for each request."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

# About 100,000 requests. One former file of this size is kept.
MAX_BYTES = 8 * 1024 * 1024


class AccessLog:
    """The log of all requests, in a file that only its owner can read; a full one becomes `<name>.1`."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._open()

    def write(self, action: str, status: int) -> None:
        """Append one line: the time, the action and the HTTP status."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        # An action may be a method of the client's own making.
        line = json.dumps({"time": time, "action": action[:100], "status": status}) + "\n"
        if self._size + len(line) > self._max_bytes:
            self._file.close()
            os.replace(self._path, self._path.with_name(f"{self._path.name}.1"))
            self._open()
        self._file.write(line)
        self._size += len(line)

    def _open(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8", buffering=1)
        self._size = os.fstat(descriptor).st_size

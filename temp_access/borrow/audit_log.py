"""The audit log: one JSON line for each borrowed session, without secrets."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from temp_access.aws.errors import AuditFailed

# Without blocking: a pipe that nobody reads would wait for ever.
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


class AuditLog:
    """Appends to one file of mode 0600, opened before AssumeRole, so that no session goes unrecorded."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._descriptor = os.open(path, _FLAGS, 0o600)
        except OSError as error:
            raise self._failure(error) from error

    def write(self, **fields: str | int | None) -> None:
        """Append one line in a single write, so that lines of concurrent processes don't mix."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = (json.dumps({"time": time, **fields}) + "\n").encode()
        try:
            count = os.write(self._descriptor, line)
        except OSError as error:
            raise self._failure(error) from error
        if count < len(line):
            raise self._failure(OSError(28, "only part of the line could be written"))

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _failure(self, error: OSError) -> AuditFailed:
        return AuditFailed(
            f"the audit log {self._path} can't be written ({error.strerror}), so no credentials are returned",
            "make it writable, or name another file in [audit] of access.toml",
        )

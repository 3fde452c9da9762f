"""The log of what was handed out: one JSON line for each session, and never a secret."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from temp_access.aws.errors import AuditFailed


class AuditLog:
    """Appends to one file of mode 0600; opened before the session is made, so that none goes unrecorded."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._failed(error) from error

    def write(self, **fields: str | int) -> None:
        """Append one line, in one write, so that lines of processes at the same time don't mix."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = (json.dumps({"time": time, **fields}) + "\n").encode()
        try:
            written = os.write(self._descriptor, line)
        except OSError as error:
            raise self._failed(error) from error
        if written < len(line):
            raise self._failed(OSError(28, "only part of the line could be written"))

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _failed(self, error: OSError) -> AuditFailed:
        return AuditFailed(
            f"the audit log {self._path} can't be written ({error.strerror}), so no credentials are handed out",
            "make it writable, or name another in [audit] of access.toml",
        )

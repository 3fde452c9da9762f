"""The access log: one JSON line for each request, with its time, action and status, and nothing secret."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path


class AccessLog:
    """Appends to one file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8", buffering=1)

    def write(self, action: str, status: int) -> None:
        """Add a line."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._file.write(json.dumps({"time": time, "action": action, "status": status}) + "\n")

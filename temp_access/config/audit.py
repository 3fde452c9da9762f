"""Reading `[audit]`: where a line is kept for each credential vended."""

import os
from pathlib import Path

from temp_access.config.table import TableReader


def read_audit(table: TableReader, folder: Path) -> Path | None:
    """Return the audit log's path, None without one; it starts at `folder`, and `~` is the user's home."""
    table.allow_only("file")
    text = table.string("file")
    if text is None:
        return None
    if "\0" in text:
        table.add_finding("file", "has a NUL character in it; write the path of a file")
        return None
    return Path(os.path.abspath(folder / os.path.expanduser(text)))

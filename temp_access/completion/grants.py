"""The ids of access.toml's grants, read without checking anything, so that a key press isn't kept waiting."""

import tomllib
from pathlib import Path


def grant_ids(path: Path) -> list[str]:
    """Return the ids in the file at `path`, none if it can't be read; one that holds a line break is left out."""
    try:
        grants = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("grants", {})
    except (OSError, ValueError, RecursionError):
        return []
    return [id_ for id_ in grants if id_.isprintable()] if isinstance(grants, dict) else []

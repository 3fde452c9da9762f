"""The kept explanations, one file in `data` for each error code."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("data")


@cache
def load_entries() -> Mapping[str, Mapping[str, Any]]:
    """Return every entry by its code, sorted."""
    found = (tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(_FOLDER.glob("*.toml")))
    return {entry["code"]: entry for entry in found}


@cache
def known_codes() -> Mapping[str, str]:
    """Return every code that is known, other spellings included, with the code of its entry."""
    own = {code: code for code in load_entries()}
    return own | {other: code for code, entry in load_entries().items() for other in entry.get("also", ())}

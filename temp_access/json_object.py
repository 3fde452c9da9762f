"""Reading a file that is one JSON object."""

import json
from pathlib import Path
from typing import Any

from temp_access.errors import UserError


def read_object(file: Path, again: str) -> dict[str, Any]:
    """Return the object in `file`; raises UserError, which ends with `again`, the advice, if there is none."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{file}: there is no such file; {again}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{file}: can't be read ({error}); {again}") from None
    if not isinstance(value, dict):
        raise UserError(f"{file}: isn't a JSON object; {again}")
    return value

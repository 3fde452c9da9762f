"""Asking before something is done to a real account."""

import sys

from temp_access.errors import UserError


def confirm(question: str) -> bool:
    """Return whether the person at the terminal says yes; raises UserError if there is nobody to ask."""
    if not sys.stdin.isatty():
        raise UserError("there is no terminal to ask on; pass --yes to go on without asking")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")

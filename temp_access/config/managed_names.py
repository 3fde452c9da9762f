"""The kept list of AWS managed policies, by which a misspelt name is noticed."""

from pathlib import Path

from temp_access.config.table import did_you_mean

_LIST = Path(__file__).with_name("aws_managed_policies.txt")


def managed_policy_warning(name: str) -> str | None:
    """Return a warning if no AWS managed policy called `name` (with its path) is in the kept list."""
    lines = _LIST.read_text(encoding="ascii").splitlines()
    header, known = lines[0], lines[1:]
    if name in known:
        return None
    return f"{name!r} isn't in the list kept here{did_you_mean(name, known)} ({header.removeprefix('# ')})"

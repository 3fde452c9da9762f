"""Where the run's own objects lie: every write and delete of a probe stays under one of these names."""

import secrets
import time
from dataclasses import dataclass

from temp_access.config.ids import RESERVED


def new_run() -> str:
    """Return a name for one run: its start in UTC, and eight random hexadecimal digits."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class RunPrefix:
    """A prefix (ending in '/') that only this run uses, and what it is to the grant."""

    prefix: str
    words: str

    def key(self, name: str) -> str:
        """Return the key called `name` here."""
        return self.prefix + name

    @property
    def seed(self) -> str:
        """The key of the object that the deployer puts here before the probes run."""
        return self.prefix + "seed"


def own_prefix(folder: str, run: str, words: str = "its folder") -> RunPrefix:
    """Return the place inside `folder`."""
    return RunPrefix(f"{folder}/{RESERVED}{run}/", words)


def sibling_prefix(folder: str, run: str) -> RunPrefix:
    """Return the place in a sibling whose name begins with the whole of `folder`."""
    return RunPrefix(f"{folder}{RESERVED}{run}/", "a sibling whose name begins with the folder's")


def root_prefix(run: str) -> RunPrefix:
    """Return the place at the bucket's root."""
    return RunPrefix(f"{RESERVED}{run}/", "the bucket's root")


def lookalike_prefix(folder: str, run: str) -> RunPrefix | None:
    """Return the place that `folder` would match if its wildcards weren't escaped, None without wildcards."""
    other = folder.replace("*", "x").replace("?", "y")
    return None if other == folder else own_prefix(other, run, "a folder that its wildcards would match")


def all_prefixes(folder: str, run: str) -> tuple[RunPrefix, ...]:
    """Return every place that the probes of a grant on `folder` may write to, the root's aside."""
    other = lookalike_prefix(folder, run)
    return (own_prefix(folder, run), sibling_prefix(folder, run), *((other,) if other else ()))

"""Where the run's own objects lie: every write and delete of a probe stays under one of these names."""

import secrets
import time
from dataclasses import dataclass

from temp_access.config.ids import RESERVED


def new_run() -> str:
    """Return a name for one run: its start in UTC, and eight random hexadecimal digits."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class Place:
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


def inside(folder: str, run: str, words: str = "its folder") -> Place:
    """Return the place inside `folder`."""
    return Place(f"{folder}/{RESERVED}{run}/", words)


def beside(folder: str, run: str) -> Place:
    """Return the place in a sibling whose name begins with the whole of `folder`."""
    return Place(f"{folder}{RESERVED}{run}/", "a sibling whose name begins with the folder's")


def root(run: str) -> Place:
    """Return the place at the bucket's root."""
    return Place(f"{RESERVED}{run}/", "the bucket's root")


def look_alike(folder: str, run: str) -> Place | None:
    """Return the place that `folder` would match if its wildcards weren't escaped, None without wildcards."""
    other = folder.replace("*", "x").replace("?", "y")
    return None if other == folder else inside(other, run, "a folder that its wildcards would match")


def places_of(folder: str, run: str) -> tuple[Place, ...]:
    """Return every place that the probes of a grant on `folder` may write to, the root's aside."""
    other = look_alike(folder, run)
    return (inside(folder, run), beside(folder, run), *((other,) if other else ()))

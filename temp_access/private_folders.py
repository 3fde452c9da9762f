"""The user's private folders: the home folder, and folders that only their owner can use.

It imports nothing heavy, because the cache uses it.
"""

import os
import stat
from collections.abc import Mapping
from contextlib import suppress

from temp_access.errors import UserError


def user_folder(environ: Mapping[str, str], variable: str, *default: str) -> str:
    """Return `temp-access` in the folder that `variable` names, or else in `default` below the home folder.

    Raises UserError if the home folder is needed and HOME is missing or relative: nothing private may land below the
    working folder. https://specifications.freedesktop.org/basedir-spec/latest/ makes a relative `variable` invalid.
    """
    base = environ.get(variable, "")
    if not os.path.isabs(base):
        base = os.path.join(home_folder(environ, f", or {variable} to another one"), *default)
    return os.path.join(base, "temp-access")


def home_folder(environ: Mapping[str, str], alternative: str = "") -> str:
    """Return HOME; raises UserError, which ends with the `alternative` to it, if it is missing or relative."""
    home = environ.get("HOME", "")
    if not os.path.isabs(home):
        state = f"is the relative path {home!r}" if home else "isn't set"
        raise UserError(f"HOME {state}; set it to your home folder{alternative}")
    return home


def make_private(folder: str, *below: str) -> str:
    """Make `folder`, and in it the folders `below`, one in the other; return the last one's path.

    They are accessible only to their owner, whatever the umask is, and so are the folders above that have to be made.
    Raises OSError, among others if another user owns one of them, or if it is a link.
    """
    missing, above = [], os.path.dirname(folder)
    while above and not os.path.exists(above):
        missing.append(above)
        above = os.path.dirname(above)
    for each in reversed(missing):
        _mkdir_private(each)
    for name in ("", *below):
        folder = os.path.join(folder, name) if name else folder
        _mkdir_private(folder)
        require_private(folder)
    return folder


def _mkdir_private(folder: str) -> None:
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)


def require_private(folder: str) -> None:
    """Take `folder` from everybody but its owner; raises OSError if this user doesn't own it, or it is a link."""
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise PermissionError(1, "isn't a folder that this user owns", folder)
    if status.st_mode & 0o077:
        os.chmod(folder, 0o700)

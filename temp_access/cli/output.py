"""Writing what was asked for to standard output, whatever that is."""

import os
import sys

from temp_access.errors import TempAccessError


def write_out(text: str) -> None:
    """Write `text` and be sure that it got there; raises TempAccessError where it couldn't."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # What is left in the buffer would fail again at exit, with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise TempAccessError(
            f"standard output can't be written ({error.strerror}); nothing was handed out", exit_code=1
        ) from error

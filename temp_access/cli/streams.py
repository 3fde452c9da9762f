"""Standard streams that may be closed, or full: what can't be written changes no verdict and lands nowhere else."""

import errno
import io
import os
import sys
from typing import TextIO, cast


class StandardStream:
    """A standard stream whose failed writes are kept as `error`; the rest of the output is dropped then.

    Where `breaks` is set, a pipe that nobody reads any more still raises BrokenPipeError.
    """

    def __init__(self, stream: TextIO, descriptor: int, *, error: OSError | None = None, breaks: bool = False) -> None:
        self.stream = stream
        self.error = error
        self.is_reported = False
        self._descriptor = descriptor
        self._breaks = breaks

    def write(self, text: str) -> int:
        """Write the text, or drop it."""
        if self.error is None:
            try:
                self.stream.write(text)
            except (OSError, ValueError) as error:
                self._fail(error)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered, or drop it."""
        if self.error is None:
            try:
                self.stream.flush()
            except (OSError, ValueError) as error:
                self._fail(error)

    def __getattr__(self, name: str) -> object:
        """Return any other attribute of the stream."""
        return getattr(self.stream, name)

    def _fail(self, error: OSError | ValueError) -> None:
        if self._breaks and isinstance(error, BrokenPipeError):
            raise error
        self.error = error if isinstance(error, OSError) else OSError(errno.EBADF, os.strerror(errno.EBADF))
        drop_output(self._descriptor)


def use_standard_streams() -> None:
    """Open the standard streams that are closed, and let no failed write of the others stop this process.

    Without that, the next file that is opened gets the number of a closed stream, and Python prints what is for a
    closed standard error to standard output, where a shell evaluates it.
    """
    closed = [stream is None for stream in (sys.stdin, sys.stdout, sys.stderr)]
    for descriptor, is_closed in enumerate(closed):
        if is_closed:
            _open_null(descriptor)
    if closed[0]:
        sys.stdin = _null(os.O_RDONLY)
    for number, name in ((1, "stdout"), (2, "stderr")):
        error = OSError(errno.EBADF, "it is closed") if closed[number] else None
        stream = _null(os.O_WRONLY) if closed[number] else getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that can't show a character gets its escape sequence.
            stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, cast(TextIO, StandardStream(stream, number, error=error, breaks=number == 1)))


def output_error() -> OSError | None:
    """Flush standard output, and return why it couldn't be written; None if all of it was, or if that was returned."""
    if not isinstance(sys.stdout, StandardStream):
        return None
    sys.stdout.flush()
    error = None if sys.stdout.is_reported else sys.stdout.error
    sys.stdout.is_reported = sys.stdout.error is not None
    return error


def drop_output(descriptor: int) -> None:
    """Let what is left in a stream's buffer go nowhere: it would fail again at exit, with a traceback."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)


def _open_null(descriptor: int) -> None:
    try:
        os.fstat(descriptor)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)
        # A command that this process starts would find it closed again.
        os.set_inheritable(descriptor, True)


def _null(flags: int) -> TextIO:
    return open(os.open(os.devnull, flags), "r" if flags == os.O_RDONLY else "w", encoding="utf-8")

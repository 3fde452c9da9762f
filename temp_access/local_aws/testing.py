"""For tests: a local AWS of one's own, on a free port, that always ends."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from temp_access.errors import UserError
from temp_access.local_aws.control import Instance, start, status, stop


@contextmanager
def running(state_dir: Path) -> Iterator[Instance]:
    """Start a server in `state_dir` on a free port, and stop it whatever happens."""
    instance = start(state_dir, port=0)
    try:
        yield instance
    finally:
        stop(state_dir)


def expire_sessions(instance: Instance) -> None:
    """End every temporary session of the server now; the next request finds them expired."""
    pid = status(instance.state_dir).pid
    if pid is None:
        raise UserError(f"no local AWS runs in {instance.state_dir}: start it first")
    os.kill(pid, signal.SIGUSR1)

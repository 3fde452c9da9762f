"""Helpers for tests: a local AWS on a free port that always stops, and the expiry of its sessions."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from temp_access.errors import UserError
from temp_access.local_aws.control import Instance, start, status, stop


@contextmanager
def running(state_dir: Path) -> Iterator[Instance]:
    """Start a local AWS in `state_dir` on a free port, and stop it at the end."""
    try:
        # An interrupt can come between the start of the server and the end of this call.
        yield start(state_dir, port=0)
    finally:
        stop(state_dir)


def expire_sessions(instance: Instance) -> None:
    """Expire every temporary session of the local AWS, from the next request on; raises UserError if it doesn't run."""
    pid = status(instance.state_dir).pid
    if pid is None:
        raise UserError(f"no local AWS runs in {instance.state_dir}: start it first")
    os.kill(pid, signal.SIGUSR1)

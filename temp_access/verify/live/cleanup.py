"""Leaving nothing behind: this run's key and objects, and those of runs that were killed."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from temp_access.aws.clients import Clients
from temp_access.deployment.target import Target
from temp_access.verify import operations
from temp_access.verify.live.access_keys import delete_key, leftover_runs
from temp_access.verify.live.journal import Journal, RunRecord
from temp_access.verify.live.objects import remove

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def sweep(
    journal: Journal, deployer: Clients, target: Target, folders: Sequence[str], notify: Callable[[str], None]
) -> None:
    """Clean up after runs that were killed: those in this machine's journal, and old ones by their tags."""
    entries = {
        entry.run: entry for entry in leftover_runs(deployer.iam, target.account, target.user_name, target.bucket)
    }
    entries |= {entry.run: entry for entry in journal.abandoned(target.account, target.user_name)}
    for entry in entries.values():
        notify(f"cleaning up after the run {entry.run}, which was cut short")
        clean(journal, deployer, entry, entry.prefixes or run_prefixes(folders, entry.run))


def clean(journal: Journal, deployer: Clients, entry: RunRecord, prefixes: Sequence[str]) -> None:
    """Remove the key first, then the objects, then the record of both."""
    delete_key(deployer.iam, entry)
    remove(deployer.s3, entry.bucket, prefixes, entry.run)
    journal.remove(entry.run)


def run_prefixes(folders: Sequence[str], run: str) -> list[str]:
    """Return every prefix under which the probes of `folders` may have left something."""
    of_folders = (place.prefix for folder in folders for place in operations.all_prefixes(folder, run))
    return list(dict.fromkeys((operations.root_prefix(run).prefix, *of_folders)))


@contextmanager
def defer_signals() -> Iterator[None]:
    """Let a clean-up end before Ctrl-C or a termination takes effect; a second one is only answered."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, _answer) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def signals_deferred_until_done() -> Iterator[None]:
    """Let a step that makes something end and be recorded; Ctrl-C or a termination takes effect after it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    previous = {number: signal.signal(number, lambda number, _: caught.append(number)) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        if caught:
            signal.raise_signal(caught[0])


def _answer(number: int, frame: object) -> None:
    print("cleaning up, one moment", file=sys.stderr)

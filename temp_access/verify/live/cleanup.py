"""The clean-up of a run's key and objects, and of runs that were killed."""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

from temp_access.aws.clients import Clients
from temp_access.deployment.target import Target
from temp_access.errors import TempAccessError
from temp_access.verify import operations
from temp_access.verify.live.access_keys import delete_key, leftover_runs
from temp_access.verify.live.journal import Journal, RunRecord, endpoint_of
from temp_access.verify.live.objects import remove

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def sweep(
    journal: Journal, deployer: Clients, target: Target, folders: Sequence[str], notify: Callable[[str], None]
) -> None:
    """Clean up after runs that were killed: those in this user's journal, and old ones with a tag.

    What can't be cleaned up is passed to `notify`, and stops nobody: this run has nothing to do with it.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    tagged = leftover_runs(deployer.iam, target.account, target.user_name, target.bucket)
    records = {record.run: record for record in tagged if not journal.is_running(record.run)}
    endpoint = endpoint_of(deployer.iam)
    records |= {record.run: record for record in journal.abandoned(target.account, target.user_name, endpoint, notify)}
    for record in records.values():
        notify(f"cleaning up after the run {record.run}, which was cut short")
        try:
            clean(journal, deployer, record, record.prefixes or run_prefixes(folders, record.run))
        except (BotoCoreError, ClientError, TempAccessError) as error:
            notify(
                f"couldn't clean up after the run {record.run}: {error}; the next verify tries again, and "
                f"{journal.file(record.run)} tells what is left"
            )


def clean(journal: Journal, deployer: Clients, record: RunRecord, prefixes: Sequence[str]) -> None:
    """Remove the key first, then the objects, then the record."""
    delete_key(deployer.iam, record)
    with contextlib.suppress(deployer.s3.exceptions.NoSuchBucket):
        # A bucket that was deleted since took the objects with it.
        remove(deployer.s3, record.bucket, prefixes, record.run)
    journal.remove(record.run)


def run_prefixes(folders: Sequence[str], run: str) -> list[str]:
    """Return the prefixes under which probes of `folders` may have left objects."""
    prefixes = (own.prefix for folder in folders for own in operations.all_prefixes(folder, run))
    return list(dict.fromkeys((operations.root_prefix(run).prefix, *prefixes)))


@contextlib.contextmanager
def defer_signals() -> Iterator[None]:
    """Ignore Ctrl-C and termination signals during a clean-up, except for a message."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, _print_notice) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def signals_deferred_until_done() -> Iterator[None]:
    """Delay Ctrl-C and termination signals until a step has created and recorded something."""
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


def _print_notice(number: int, frame: object) -> None:
    print("cleaning up, please wait", file=sys.stderr)

"""The clean-up of a run's key and objects, and of runs that were killed."""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

from temp_access.aws.answers import is_missing
from temp_access.aws.clients import Clients
from temp_access.deployment.target import Target
from temp_access.verify import operations
from temp_access.verify.live.access_keys import delete_key, leftover_runs, removal, untag, untagging
from temp_access.verify.live.journal import TAG_PREFIX, Journal, RunRecord, endpoint_of
from temp_access.verify.live.objects import remove

_LIST_KEYS = "aws iam list-access-keys"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def sweep(
    journal: Journal, deployer: Clients, target: Target, folders: Sequence[str], notify: Callable[[str], None]
) -> None:
    """Clean up after runs that were killed: those in this user's journal, and old ones with a tag.

    What can't be cleaned up is passed to `notify`, and stops nobody: this run has nothing to do with it.
    """
    tagged = leftover_runs(deployer.iam, target.account, target.user_name, target.bucket)
    records = {record.run: record for record in tagged if not journal.is_running(record.run)}
    endpoint = endpoint_of(deployer.iam)
    records |= {record.run: record for record in journal.abandoned(target.account, target.user_name, endpoint, notify)}
    for record in records.values():
        notify(f"cleaning up after the run {record.run}, which was cut short")
        for problem in clean(journal, deployer, record, record.prefixes or run_prefixes(folders, record.run)):
            notify(
                f"couldn't clean up after the run {record.run}: {problem}; the next verify tries again, and "
                f"{journal.file(record.run)} tells what is left"
            )


def clean(journal: Journal, deployer: Clients, record: RunRecord, prefixes: Sequence[str]) -> list[str]:
    """Remove the key and the objects, then the tag and the record that name them; return what couldn't be removed.

    Each step is tried, whatever the others did. The tag and the record stay if a key or an object may be left.
    """
    key = f"the access key …{record.key_id[-4:]}" if record.key_id else "an access key"
    remove_key = removal(record.user, record.key_id) if record.key_id else f"{_LIST_KEYS} --user-name {record.user}"
    problems = [
        *_tried(f"{key} of {record.user}", remove_key, lambda: delete_key(deployer.iam, record)),
        *_tried(
            f"an object of the run {record.run} in {record.bucket}",
            "temp-access verify (the next run removes it)",
            lambda: remove(deployer.s3, record.bucket, prefixes, record.run),
        ),
    ]
    if not problems:
        problems += _tried(
            f"the tag {TAG_PREFIX}{record.run} of {record.user}",
            untagging(record),
            lambda: untag(deployer.iam, record),
        )
    if not problems:
        journal.remove(record.run)
    return problems


def _tried(what: str, command: str, step: Callable[[], object]) -> list[str]:
    """Return no line if the step works, else one that says what may be left and how to remove it."""
    try:
        step()
    except Exception as error:
        if is_missing(error, "NoSuchBucket"):
            # A bucket that was deleted since took the objects with it.
            return []
        return [f"{what} may be left ({error}); remove it: {command}"]
    return []


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

"""The access keys of the users of `[users.<name>]` that exist only for a run.

Each user has a record of its own in the journal and a tag of its own, as temp-user has: its key is removed at the end,
and by a later run after a kill.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from temp_access.aws.answers import is_missing
from temp_access.aws.assume_role import Credentials
from temp_access.aws.clients import Clients
from temp_access.deployment.target import Target
from temp_access.errors import TempAccessError
from temp_access.verify import operations
from temp_access.verify.live.access_keys import create_key, keys_of, record_run, tags_of, untagging
from temp_access.verify.live.cleanup import clean, signals_deferred_until_done, sweep
from temp_access.verify.live.journal import TAG_PREFIX, Journal, RunRecord, endpoint_of, new_record
from temp_access.verify.outcomes import SetupError
from temp_access.verify.probes import GRANT_ROLES, Identity, Probe

# Few, because IAM throttles changes, and because a signal waits until those that were begun are recorded.
_AT_ONCE = 4


class BorrowerKeys:
    """Creates a key for each user when it is asked for, and removes all of them at the end."""

    def __init__(self, journal: Journal, deployer: Clients, target: Target, notify: Callable[[str], None]) -> None:
        self._journal = journal
        self._deployer = deployer
        self._target = target
        self._notify = notify
        self._lock = threading.Lock()
        self._records: dict[str, RunRecord] = {}
        self._keys: dict[str, Credentials] = {}
        self._problems: dict[str, str] = {}

    def create(self, names: Iterable[str]) -> bool:
        """Create the keys of those users that have none yet; return whether there was one."""
        missing = [name for name in dict.fromkeys(names) if name not in self._keys and name not in self._problems]
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="keys") as pool:
            for start in range(0, len(missing), _AT_ONCE):
                with signals_deferred_until_done():
                    list(pool.map(self._create, missing[start : start + _AT_ONCE]))
        return bool(missing)

    def of(self, name: str) -> Credentials:
        """Return the key of a user; raises SetupError if there is none."""
        if name not in self._keys:
            raise SetupError(self._problems.get(name, f"no access key was created for user/{name}"))
        return self._keys[name]

    def _create(self, name: str) -> None:
        iam, target = self._deployer.iam, self._target
        try:
            # A run that was killed may have left the second of the two keys that a user can have.
            sweep(self._journal, self._deployer, replace(target, user_name=name), (), self._notify)
            record = new_record(
                operations.new_run(),
                account=target.account,
                user=name,
                bucket=target.bucket,
                prefixes=(),
                endpoint=endpoint_of(iam),
            )
            with self._lock:
                self._records[name] = record
            record_run(iam, self._journal, record)
            key, record = create_key(iam, self._journal, record)
            with self._lock:
                self._records[name], self._keys[name] = record, key
        except Exception as error:
            # The probes of this user are inconclusive, and all others run.
            reason = str(error) if isinstance(error, TempAccessError) else f"{type(error).__name__}: {error}"
            self._problems[name] = f"no access key for user/{name}: {reason}"

    def clean(self) -> list[str]:
        """Remove all keys and tags; return what couldn't be removed."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="keys") as pool:
            return [problem for found in pool.map(self._clean, list(self._records.values())) for problem in found]

    def _clean(self, record: RunRecord) -> list[str]:
        if not self._journal.file(record.run).exists():
            return []
        # The record may have become newer, if an error came between.
        return clean(self._journal, self._deployer, self._journal.read(record.run) or record, ())

    def left(self) -> list[str]:
        """Return a line for each key or tag that is left."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="keys") as pool:
            return [line for lines in pool.map(self._left, list(self._records.values())) for line in lines]

    def _left(self, record: RunRecord) -> Sequence[str]:
        iam, lines = self._deployer.iam, []
        try:
            if record.key_id and record.key_id in keys_of(iam, record.user):
                lines.append(f"the access key …{record.key_id[-4:]} of {record.user} is left")
            if TAG_PREFIX + record.run in tags_of(iam, record.user):
                lines.append(f"the tag of the run is left; remove it: {untagging(record)}")
        except Exception as error:
            if not is_missing(error):
                raise
        return lines


def sweep_people(
    journal: Journal, deployer: Clients, target: Target, names: Iterable[str], notify: Callable[[str], None]
) -> None:
    """Clean up the keys of killed runs that this user's journal names, for the users `names`."""
    endpoint = endpoint_of(deployer.iam)
    for name in sorted(set(names) & journal.abandoned_users(target.account, endpoint)):
        for record in journal.abandoned(target.account, name, endpoint):
            notify(f"cleaning up the key of {name}, which the run {record.run} left")
            for problem in clean(journal, deployer, record, ()):
                notify(f"couldn't clean up after the run {record.run}: {problem}; the next verify tries again")


def people_called(probes: Iterable[Probe]) -> Iterator[str]:
    """Yield the names of the users whose keys the probes or their controls need."""
    for probe in probes:
        for caller in filter(None, (probe.caller, probe.control)):
            if caller.identity is Identity.PERSON and caller.name:
                yield caller.name
            elif caller.name and caller.identity in GRANT_ROLES and caller.name.startswith("user/"):
                yield caller.name.removeprefix("user/")

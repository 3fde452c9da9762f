"""Borrowing from Python: `temp_access.session("bob")` and `temp_access.credentials("bob")`.

Both may be called from several threads; whoever asks at the same time shares one AssumeRole.
"""

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from temp_access.access_file import load
from temp_access.aws.assume_role import Credentials
from temp_access.aws.errors import BorrowError
from temp_access.aws.identity import CallerIdentity, identity_from_session, load_identity
from temp_access.borrow.broker import BrokeredSession, CredentialBroker, CredentialRequest
from temp_access.borrow.cache import Cache, cache_folder
from temp_access.borrow.cached_session import aws_files, file_digests, min_left, request_key, server_file
from temp_access.borrow.session_store import NullStore, SessionStore
from temp_access.config.model import Config
from temp_access.config.table import parse_duration

if TYPE_CHECKING:
    import boto3


Duration = str | int | timedelta
_LOCK = threading.Lock()
_BASES: "WeakKeyDictionary[boto3.Session, dict[str | None, CallerIdentity]]" = WeakKeyDictionary()
_DEFAULT: dict[str, CallerIdentity] = {}
_CONFIGS: dict[tuple[str, str | None], tuple[dict[str, str], Config]] = {}


def credentials(
    id: str,  # noqa: A002 - what it is called everywhere
    *,
    duration: Duration | None = None,
    access: str | None = None,
    base: "boto3.Session | None" = None,
    config: "str | os.PathLike[str]" = "access.toml",
    environment: str | None = None,
    mfa: tuple[str, str] | None = None,
    cache: bool = True,
) -> Credentials:
    """Return temporary credentials for the grant `id`: a kept session's, or those of a new one.

    `duration` in seconds, or like "1h" (None: the longest allowed); `access` a mode within the grant's;
    `base` has the credentials that assume the role (None: the default chain's); `mfa` is a device's serial
    number and its present code. With `cache` False no session is kept or used. Raises BorrowError (its
    subclasses say what is wrong) and ConfigError.
    """
    given = _vend(id, duration, access, base, config, environment, mfa, cache).session["credentials"]
    expiration = datetime.strptime(given["Expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], expiration)


def session(
    id: str,  # noqa: A002 - what it is called everywhere
    *,
    duration: Duration | None = None,
    access: str | None = None,
    base: "boto3.Session | None" = None,
    config: "str | os.PathLike[str]" = "access.toml",
    environment: str | None = None,
    mfa: tuple[str, str] | None = None,
    cache: bool = True,
) -> "boto3.Session":
    """Return a session with the credentials of the grant `id`, which borrows again before they expire.

    The parameters and errors are those of `credentials`; access.toml is read again for each new session.
    A code is good for one call: with `mfa`, the session ends when its credentials do.
    """
    import boto3
    import botocore.session
    from botocore.credentials import RefreshableCredentials

    place = os.path.abspath(config)

    def again() -> dict[str, str]:
        # The code is used up; whether the role asks for one is said by the error.
        return _metadata(_vend(id, duration, access, base, place, environment, None, cache))

    first = _vend(id, duration, access, base, place, environment, mfa, cache)
    left = int(min_left(first.session["seconds"]))
    caller = _base(base, _config(Path(place), environment).environment.region)
    core = botocore.session.Session()
    for name, value in caller.core.instance_variables().items():
        core.set_config_variable(name, value)
    # botocore has no public way to hand over credentials that refresh themselves.
    core._credentials = RefreshableCredentials.create_from_metadata(  # type: ignore[attr-defined]
        metadata=_metadata(first),
        refresh_using=again,
        method="temp-access",
        advisory_timeout=left,
        mandatory_timeout=left * 2 // 3,
    )
    return boto3.Session(botocore_session=core, region_name=first.session["region"])


def _metadata(vended: BrokeredSession) -> dict[str, str]:
    given = vended.session["credentials"]
    names = {"access_key": "AccessKeyId", "secret_key": "SecretAccessKey", "token": "SessionToken"}
    return {**{name: given[part] for name, part in names.items()}, "expiry_time": given["Expiration"]}


def _vend(
    id_: str,
    duration: Duration | None,
    access: str | None,
    base: "boto3.Session | None",
    config: "str | os.PathLike[str]",
    environment: str | None,
    mfa: tuple[str, str] | None,
    cache: bool,
) -> BrokeredSession:
    said = _config(Path(config), environment)
    store = SessionStore(Cache(cache_folder(os.environ)), _ignore) if cache else NullStore()
    server = server_file(os.environ)
    caller = _base(base, said.environment.region)
    vendor = CredentialBroker(said, caller, store, local_run=file_digests([server]) if server else None)
    asked = CredentialRequest(id_, duration=_seconds(duration), access=access, mfa=(lambda: mfa) if mfa else None)
    return vendor.borrow(asked)


def _config(path: Path, environment: str | None) -> Config:
    """Return the configuration, read again only when one of its files has changed."""
    key = (os.path.abspath(path), environment)
    found = _CONFIGS.get(key)
    if found and file_digests(found[0]) == found[0]:
        return found[1]
    files = file_digests([str(path)])
    config = load(path, environment)
    files |= file_digests(map(str, config.files[1:]))
    _CONFIGS[key] = files, config
    return config


def _base(session: "boto3.Session | None", region: str | None) -> CallerIdentity:
    with _LOCK:
        if session is not None:
            bases = _BASES.setdefault(session, {})
            if region not in bases:
                bases[region] = identity_from_session(session, region)
            return bases[region]
        # The environment and its files say who that is: another when they change.
        key = request_key({"files": file_digests(aws_files(os.environ)), "region": region}, os.environ)
        if key not in _DEFAULT:
            _DEFAULT[key] = load_identity(None, region)
        return _DEFAULT[key]


def _seconds(duration: Duration | None) -> int | None:
    if isinstance(duration, timedelta):
        return int(duration.total_seconds())
    if isinstance(duration, str):
        try:
            return parse_duration(duration)
        except ValueError as error:
            raise BorrowError(str(error).partition("; ")[0], "write it as 90m, 1h30m or 12h") from error
    return duration


def _ignore(note: str) -> None:
    """Say nothing: without a cache folder, this process's memory keeps the sessions."""

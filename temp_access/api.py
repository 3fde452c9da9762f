"""Borrowing from Python: `temp_access.session("bob")` and `temp_access.credentials("bob")`.

Both are safe to call from several threads: concurrent calls for the same grant share one AssumeRole call.
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
_IDENTITIES: "WeakKeyDictionary[boto3.Session, dict[str | None, CallerIdentity]]" = WeakKeyDictionary()
_DEFAULT_IDENTITIES: dict[str, CallerIdentity] = {}
_CONFIGS: dict[tuple[str, str | None], tuple[dict[str, str], Config]] = {}


def credentials(
    id: str,  # noqa: A002 - access.toml and the command line call it id
    *,
    duration: Duration | None = None,
    access: str | None = None,
    base: "boto3.Session | None" = None,
    config: "str | os.PathLike[str]" = "access.toml",
    environment: str | None = None,
    mfa: tuple[str, str] | None = None,
    cache: bool = True,
) -> Credentials:
    """Return temporary credentials for the grant `id`, from a cached session or a new one.

    `duration` is in seconds or like "1h" (None: the longest allowed); `access` is a mode that the grant includes;
    `base` has the credentials that assume the role (None: the default chain's); `mfa` is an MFA device's serial
    number and its current code. With `cache` False, sessions are neither read from the cache nor written to it.
    Raises BorrowError (its subclasses name the cause) and ConfigError.
    """
    fields = _borrow(id, duration, access, base, config, environment, mfa, cache).session["credentials"]
    expiration = datetime.strptime(fields["Expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return Credentials(fields["AccessKeyId"], fields["SecretAccessKey"], fields["SessionToken"], expiration)


def session(
    id: str,  # noqa: A002 - access.toml and the command line call it id
    *,
    duration: Duration | None = None,
    access: str | None = None,
    base: "boto3.Session | None" = None,
    config: "str | os.PathLike[str]" = "access.toml",
    environment: str | None = None,
    mfa: tuple[str, str] | None = None,
    cache: bool = True,
) -> "boto3.Session":
    """Return a boto3 session with the credentials of the grant `id`; it borrows again before they expire.

    The parameters and errors are those of `credentials`. Each refresh reads access.toml again. An MFA code is good
    for one call: with `mfa`, the session can't be refreshed.
    """
    import boto3
    import botocore.session
    from botocore.credentials import RefreshableCredentials

    path = os.path.abspath(config)

    def refresh() -> dict[str, str]:
        # The MFA code is used up; if the role requires one, the error says so.
        return _metadata(_borrow(id, duration, access, base, path, environment, None, cache))

    first = _borrow(id, duration, access, base, path, environment, mfa, cache)
    left = int(min_left(first.session["duration"]))
    caller = _identity(base, _config(Path(path), environment).environment.region)
    core = botocore.session.Session()
    for name, value in caller.core.instance_variables().items():
        core.set_config_variable(name, value)
    # botocore has no public way to set credentials that refresh themselves.
    core._credentials = RefreshableCredentials.create_from_metadata(  # type: ignore[attr-defined]
        metadata=_metadata(first),
        refresh_using=refresh,
        method="temp-access",
        advisory_timeout=left,
        mandatory_timeout=left * 2 // 3,
    )
    return boto3.Session(botocore_session=core, region_name=first.session["region"])


def _metadata(brokered: BrokeredSession) -> dict[str, str]:
    """Return the credentials with the keys that botocore's RefreshableCredentials expects."""
    fields = brokered.session["credentials"]
    return {
        "access_key": fields["AccessKeyId"],
        "secret_key": fields["SecretAccessKey"],
        "token": fields["SessionToken"],
        "expiry_time": fields["Expiration"],
    }


def _borrow(
    id_: str,
    duration: Duration | None,
    access: str | None,
    base: "boto3.Session | None",
    path: "str | os.PathLike[str]",
    environment: str | None,
    mfa: tuple[str, str] | None,
    cache: bool,
) -> BrokeredSession:
    config = _config(Path(path), environment)
    store = SessionStore(Cache(cache_folder(os.environ)), _ignore) if cache else NullStore()
    server = server_file(os.environ)
    identity = _identity(base, config.environment.region)
    broker = CredentialBroker(config, identity, store, local_run=file_digests([server]) if server else None)
    mfa_code = (lambda: mfa) if mfa else None
    return broker.borrow(CredentialRequest(id_, duration=_seconds(duration), access=access, mfa=mfa_code))


def _config(path: Path, environment: str | None) -> Config:
    """Return the configuration; its files are read again only if one of them has changed."""
    key = (os.path.abspath(path), environment)
    if cached := _CONFIGS.get(key):
        files, config = cached
        if file_digests(files) == files:
            return config
    files = file_digests([str(path)])
    config = load(path, environment)
    files |= file_digests(map(str, config.files[1:]))
    _CONFIGS[key] = files, config
    return config


def _identity(session: "boto3.Session | None", region: str | None) -> CallerIdentity:
    with _LOCK:
        if session is not None:
            identities = _IDENTITIES.setdefault(session, {})
            if region not in identities:
                identities[region] = identity_from_session(session, region)
            return identities[region]
        # The default chain's identity depends on the environment and on AWS's files.
        key = request_key({"files": file_digests(aws_files(os.environ)), "region": region}, os.environ)
        if key not in _DEFAULT_IDENTITIES:
            _DEFAULT_IDENTITIES[key] = load_identity(None, region)
        return _DEFAULT_IDENTITIES[key]


def _seconds(duration: Duration | None) -> int | None:
    if isinstance(duration, timedelta):
        return int(duration.total_seconds())
    if isinstance(duration, str):
        try:
            return parse_duration(duration)
        except ValueError as error:
            raise BorrowError(str(error).partition("; ")[0], "write one such as 90m, 1h30m or 12h") from error
    return duration


def _ignore(note: str) -> None:
    """Drop the note: without a usable cache folder, this process's memory holds the sessions."""

"""Borrowing from Python: `temp_access.session("bob")` and `temp_access.credentials("bob")`.

Both are safe to call from several threads: concurrent calls for the same grant share one AssumeRole call.
"""

import os
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from temp_access.access_file import load
from temp_access.aws.assume_role import Credentials
from temp_access.aws.errors import BorrowError
from temp_access.aws.identity import CallerIdentity, ClientIdentity, identity_from_session, load_identity
from temp_access.aws.web_identity import load_token_holder, token_file_of
from temp_access.borrow.broker import BrokeredSession, CredentialBroker, CredentialRequest
from temp_access.borrow.cache import Cache, cache_folder
from temp_access.borrow.cached_session import aws_files, file_digests, min_left, request_key, server_file
from temp_access.borrow.session_store import NullStore, SessionStore
from temp_access.config.borrower import BorrowerKind
from temp_access.config.model import Config
from temp_access.config.table import parse_duration

if TYPE_CHECKING:
    import boto3


Duration = str | int | timedelta
_LOCK = threading.Lock()
_IDENTITIES: "WeakKeyDictionary[boto3.Session, dict[str | None, CallerIdentity]]" = WeakKeyDictionary()
_DEFAULT_IDENTITIES: dict[str, CallerIdentity] = {}
# The last one: a token is replaced often, and each new one has clients of its own.
_TOKEN_IDENTITY: dict[str, Any] = {}
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
    within: str | None = None,
    web_identity_token_file: "str | os.PathLike[str] | None" = None,
    account: str | None = None,
) -> Credentials:
    """Return temporary credentials for the grant `id`, from a cached session or a new one.

    `duration` is in seconds or like "1h" (None: the longest allowed); `access` is a mode that the grant includes;
    `base` has the credentials that assume the role (None: the default chain's); `mfa` is an MFA device's serial
    number and its current code. With `cache` False, sessions are neither read from the cache nor written to it.
    `within` is a subfolder of the grant's folder; `web_identity_token_file` holds the token that assumes the role,
    instead of credentials; `account` is the role's, if neither access.toml nor the credentials tell it.
    Raises BorrowError (its subclasses name the cause) and ConfigError.
    """
    request = CredentialRequest(id, duration=_seconds(duration), access=access, within=within, account=account)
    source = _Source(os.path.abspath(config), environment, base, web_identity_token_file, cache)
    fields = source.borrow(replace(request, mfa=(lambda: mfa) if mfa else None)).session["credentials"]
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
    within: str | None = None,
    web_identity_token_file: "str | os.PathLike[str] | None" = None,
    account: str | None = None,
) -> "boto3.Session":
    """Return a boto3 session with the credentials of the grant `id`; it borrows again before they expire.

    The parameters and errors are those of `credentials`. Each refresh reads access.toml again. An MFA code is good
    for one call: with `mfa`, the session can't be refreshed.
    """
    import boto3
    import botocore.session
    from botocore.credentials import RefreshableCredentials

    request = CredentialRequest(id, duration=_seconds(duration), access=access, within=within, account=account)
    source = _Source(os.path.abspath(config), environment, base, web_identity_token_file, cache)

    def refresh() -> dict[str, str]:
        # The MFA code is used up; if the role requires one, the error says so.
        return _metadata(source.borrow(request))

    first = source.borrow(replace(request, mfa=(lambda: mfa) if mfa else None))
    left = int(min_left(first.session["duration"]))
    caller = source.identity(id)
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


@dataclass(frozen=True, slots=True)
class _Source:
    """What a session is borrowed with: access.toml's path, and the program's session or token file, if it has one."""

    path: str
    environment: str | None
    base: "boto3.Session | None"
    token_file: "str | os.PathLike[str] | None"
    cache: bool

    def borrow(self, request: CredentialRequest) -> BrokeredSession:
        """Return a session, after reading access.toml again if it has changed."""
        config = _config(Path(self.path), self.environment)
        store = SessionStore(Cache(cache_folder(os.environ)), _ignore) if self.cache else NullStore()
        server = server_file(os.environ)
        run = file_digests([server]) if server else None
        return CredentialBroker(config, self.identity(request.id), store, local_run=run).borrow(request)

    def identity(self, id_: str) -> ClientIdentity:
        """Return who borrows the grant `id_`."""
        config = _config(Path(self.path), self.environment)
        region = config.environment.region
        if self.token_file is not None:
            if self.base is not None:
                raise BorrowError("web_identity_token_file and base are two identities", "pass one of them")
            return _token_identity(Path(self.token_file), region)
        if self.base is None and (file := token_file_of(os.environ)):
            grant = config.grant_for(id_)
            if grant and any(each.kind is BorrowerKind.OIDC for each in grant.borrowers):
                return _token_identity(file, region)
        return _identity(self.base, region)


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


def _token_identity(file: Path, region: str | None) -> ClientIdentity:
    # A file whose content has changed may hold another subject's token.
    fields = {"token": file_digests([os.path.abspath(file)]), "region": region}
    key = request_key(fields, os.environ)
    with _LOCK:
        if _TOKEN_IDENTITY.get("key") != key:
            _TOKEN_IDENTITY.update(key=key, identity=load_token_holder(file, region))
        identity: ClientIdentity = _TOKEN_IDENTITY["identity"]
        return identity


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

"""The broker: it turns a CredentialRequest into a session, from the cache or from AssumeRole."""

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from temp_access.aws.assume_role import RoleSession, assume_role
from temp_access.aws.errors import (
    BorrowError,
    DurationTooLong,
    MfaNeeded,
    NotTrusted,
    StsRefused,
    from_client_error,
    from_connection_error,
)
from temp_access.aws.identity import CallerIdentity
from temp_access.borrow.audit_log import AuditLog
from temp_access.borrow.cached_session import CachedSession, MinTtl, is_fresh, server_file
from temp_access.borrow.grants import find_grant, narrow, session_policy_text
from temp_access.borrow.role_discovery import ROLE_CACHE_SECONDS, RoleDetails, cached_role, discover_role
from temp_access.borrow.session_duration import plan_duration
from temp_access.borrow.session_names import fill_pattern, principal_name, session_name, user_name
from temp_access.borrow.session_store import SessionStore
from temp_access.config.model import Config, Grant
from temp_access.iam.arn import Arn

# Returns the MFA device's serial number and code, or None without a device. A code is good for one call, so this
# is called only when AssumeRole is.
Mfa = Callable[[], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class CredentialRequest:
    """What to borrow: durations in seconds; None means the longest duration, the grant's access, the found role."""

    id: str
    duration: int | None = None
    access: str | None = None
    min_ttl: MinTtl = None
    role_arn: str | None = None
    bucket: str | None = None
    mfa: Mfa | None = None


@dataclass(frozen=True, slots=True)
class BrokeredSession:
    """A session, its key in the cache, and notes for the user."""

    session: CachedSession
    key: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AssumeRolePlan:
    """What AssumeRole is called with: `duration` in seconds, `session_policy` as JSON."""

    grant: Grant
    role: RoleDetails
    duration: int
    session_policy: str

    @property
    def policy_hash(self) -> str:
        """The SHA-256 of the session policy (hexadecimal)."""
        return hashlib.sha256(self.session_policy.encode()).hexdigest()


class CredentialBroker:
    """Borrows the grants of one configuration for one caller; safe to use from several threads.

    `local_run` has the file that identifies the local AWS's run, with its digest; it is empty or None for AWS.
    """

    def __init__(
        self,
        config: Config,
        identity: CallerIdentity,
        store: SessionStore,
        *,
        local_run: Mapping[str, str] | None = None,
    ) -> None:
        self.config = config
        self.identity = identity
        self.store = store
        self._local_run = dict(local_run or {})
        self._scope = (identity.cache_identity, identity.endpoint, str(self._local_run))
        path = str(config.path.absolute()).encode("utf-8", "surrogateescape")
        self._key_prefix = hashlib.sha256(path).hexdigest()[:8]

    def borrow(self, request: CredentialRequest) -> BrokeredSession:
        """Return a session for `request`, from the cache or from STS; raises BorrowError."""
        from botocore.exceptions import BotoCoreError

        grant = narrow(find_grant(self.config, request.id), request.access)
        try:
            role, from_cache = self.role(request)
            try:
                return self._session(request, grant, role)
            except (NotTrusted, DurationTooLong, StsRefused):
                # The cached details of the role may be out of date.
                self.store.remove("roles", self._role_key(request))
                current = self.role(request)[0] if from_cache else role
                if current == role:
                    raise
                return self._session(request, grant, current)
        except BotoCoreError as error:
            raise from_connection_error(error) from error

    def role(self, request: CredentialRequest) -> tuple[RoleDetails, bool]:
        """Return the deployed role, and whether it comes from the cache (where it stays for an hour)."""
        from botocore.exceptions import BotoCoreError

        key = self._role_key(request)
        if role := cached_role(self.store.read("roles", key)):
            return role, True
        # Before the lock: botocore may ask for the MFA code of a profile.
        caller = self.identity.arn
        with self.store.locked("roles", key):
            if role := cached_role(self.store.read("roles", key)):
                return role, True
            try:
                role = discover_role(
                    self.identity, self.config, caller, role_arn=request.role_arn, bucket=request.bucket
                )
            except BotoCoreError as error:
                raise from_connection_error(error) from error
            expires_at = time.time() + ROLE_CACHE_SECONDS
            self.store.write("roles", key, {"role": asdict(role), "expires_at": expires_at})
        return role, False

    def _session(self, request: CredentialRequest, grant: Grant, role: RoleDetails) -> BrokeredSession:
        planned = plan_duration(
            request.duration,
            grant,
            role.max_duration,
            chained=self.identity.is_temporary,
            configured=self.config.role.max_session_duration,
        )
        plan = AssumeRolePlan(grant, role, planned.duration, session_policy_text(grant, role))
        key = self._session_key(plan)
        started = time.time()
        mfa = request.mfa
        with self.store.locked("sessions", key):
            session = self._cached(key, request, started)
            if session is None and mfa is None:
                session = self._assume(key, plan, None)
        if session is None and mfa is not None:
            # A person may take long to answer, and nobody else waits for that.
            code = mfa()
            with self.store.locked("sessions", key):
                session = self._cached(key, request, started) or self._assume(key, plan, lambda: code)
        assert session is not None  # noqa: S101 - with or without an MFA device
        return BrokeredSession(session, key, tuple(note for note in (role.config_mismatch, planned.note) if note))

    def _cached(self, key: str, request: CredentialRequest, started: float) -> CachedSession | None:
        cached = self.store.read("sessions", key)
        return cached if cached is not None and is_fresh(cached, request.min_ttl, since=started) else None

    def _assume(self, key: str, plan: AssumeRolePlan, mfa: Mfa | None) -> CachedSession:
        session = assume_for_grant(self.config, self.identity, plan, mfa, local_run=self._local_run)
        self.store.write("sessions", key, session)
        self.store.purge_prefix("sessions", key[:8], key[:16])
        return session

    def _role_key(self, request: CredentialRequest) -> str:
        config = self.config
        return _hash(
            *self._scope, config.role.name, config.environment, config.digest, request.role_arn, request.bucket
        )

    def _session_key(self, plan: AssumeRolePlan) -> str:
        # access.toml's path and digest come first, so that sessions of an older version of the file can be found.
        rest = _hash(
            *self._scope,
            plan.role.arn,
            plan.role.caller_arn,
            plan.grant.id,
            plan.grant.access,
            plan.duration,
            plan.policy_hash,
            self.config.audit_file,
        )
        return self._key_prefix + self.config.digest[:8] + rest


def assume_for_grant(
    config: Config,
    identity: CallerIdentity,
    plan: AssumeRolePlan,
    mfa: Mfa | None,
    *,
    local_run: Mapping[str, str] | None = None,
) -> CachedSession:
    """Assume the role, record it in the audit log, and return the session; raises BorrowError."""
    log = AuditLog(config.audit_file) if config.audit_file else None
    try:
        session, name = assume(config, identity, plan, mfa)
        if log:
            log.write(
                caller=plan.role.caller_arn,
                grant=plan.grant.id,
                session_name=name,
                duration=plan.duration,
                policy_sha256=plan.policy_hash,
                request_id=session.request_id,
            )
    finally:
        if log:
            log.close()
    credentials = session.credentials
    assert credentials.expiration is not None  # noqa: S101 - AssumeRole's credentials always expire
    return {
        "config": str(config.path.absolute()),
        "role": plan.role.arn,
        "bucket": plan.role.bucket,
        "caller": plan.role.caller_arn,
        "region": identity.region,
        "grant": plan.grant.id,
        "access": plan.grant.access,
        "folder": plan.grant.folder,
        "duration": plan.duration,
        "grant_duration": plan.grant.duration or config.role.max_session_duration,
        "session_name": name,
        "session_arn": session.arn,
        "chained": identity.is_temporary,
        "issued_at": time.time(),
        "expires_at": credentials.expiration.timestamp(),
        "local_run": dict(local_run or {}),
        "credentials": {
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
            "SessionToken": str(credentials.session_token),
            "Expiration": credentials.expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    }


def assume(config: Config, identity: CallerIdentity, plan: AssumeRolePlan, mfa: Mfa | None) -> tuple[RoleSession, str]:
    """Assume the role under its conditions; return the session and its role session name. Raises BorrowError."""
    from botocore.exceptions import ClientError

    conditions, role = config.role.conditions, plan.role
    user, caller = user_name(config, role.caller_arn), principal_name(role.caller_arn)
    name = session_name(conditions.session_name, plan.grant.id, user_name=user, principal=caller)
    source_identity = conditions.source_identity and fill_pattern(
        conditions.source_identity, user_name=user, filler=caller
    )
    trusted = config.trusted_principal(role.caller_arn, Arn.parse(role.arn).account)
    mfa_code = mfa() if mfa else None
    # Whether temporary credentials were authenticated with MFA is known only to STS.
    if conditions.mfa and mfa_code is None and not identity.is_temporary:
        raise MfaNeeded(
            f"the role {config.role.name} requires MFA, and no code was passed",
            f"run `temp-access credentials {plan.grant.id} --mfa-serial ARN` in a terminal; the session is then cached",
        )
    try:
        session = assume_role(
            identity.sts,
            role_arn=role.arn,
            session_name=name,
            duration=plan.duration,
            policy=plan.session_policy,
            source_identity=source_identity,
            external_id=trusted.external_id if trusted else None,
            mfa=mfa_code,
        )
    except ClientError as error:
        refusal = from_client_error(error, role.caller_arn, role.arn)
        if conditions.mfa and isinstance(refusal, NotTrusted) and _may_be_trust(str(error)):
            refusal = _mfa_missing(refusal, config.role.name, has_code=mfa_code is not None)
        raise refusal from error
    return session, name


def _mfa_missing(refusal: NotTrusted, role: str, *, has_code: bool) -> BorrowError:
    """Return the error for a role that requires MFA, whose trust policy seems to have refused the call."""
    if not has_code:
        return MfaNeeded(
            f"{refusal.cause}: the role {role} requires MFA, and these temporary credentials don't seem to have it",
            "log in with MFA, or pass --mfa-serial and --mfa-code with temp-user's own access key",
        )
    if server_file(os.environ):
        return NotTrusted(
            f"{refusal.cause}: the role {role} requires MFA, which the local AWS doesn't simulate",
            "deploy it there without `mfa = true`, or try it in an account",
        )
    return refusal


def _may_be_trust(message: str) -> bool:
    """Whether the role's trust policy may be what refused the call: the message names no other layer."""
    return not any(layer in message for layer in ("identity-based", "control policy", "boundary", "session policy"))


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(tuple(map(str, parts))).encode("utf-8", "surrogatepass")).hexdigest()[:32]

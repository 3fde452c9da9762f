"""The broker: it turns a CredentialRequest into a session, from the cache or from AssumeRole."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from temp_access.aws.errors import DurationTooLong, NotTrusted, StsRefused, from_connection_error
from temp_access.aws.identity import ClientIdentity
from temp_access.borrow.assume import AssumeRolePlan, Mfa, assume_for_grant
from temp_access.borrow.cached_session import CachedSession, MinTtl, is_fresh
from temp_access.borrow.grant_role_discovery import discover_grant_role, require_no_token
from temp_access.borrow.grants import find_grant, narrow, policy_to_send
from temp_access.borrow.role_discovery import ROLE_CACHE_SECONDS, RoleDetails, cached_role, discover_role
from temp_access.borrow.session_duration import plan_duration
from temp_access.borrow.session_store import SessionStore
from temp_access.config.model import Config, Grant


@dataclass(frozen=True, slots=True)
class CredentialRequest:
    """What to borrow: durations in seconds; None means the longest duration, the grant's access, the found role.

    `within` is a subfolder of the grant's folder; `account` is the role's, if nothing else tells it.
    """

    id: str
    duration: int | None = None
    access: str | None = None
    within: str | None = None
    min_ttl: MinTtl = None
    role_arn: str | None = None
    bucket: str | None = None
    account: str | None = None
    mfa: Mfa | None = None


@dataclass(frozen=True, slots=True)
class BrokeredSession:
    """A session, its key in the cache, and notes for the user."""

    session: CachedSession
    key: str
    notes: tuple[str, ...] = ()


class CredentialBroker:
    """Borrows the grants of one configuration for one caller; safe to use from several threads.

    `local_run` has the file that identifies the local AWS's run, with its digest; it is empty or None for AWS.
    """

    def __init__(
        self,
        config: Config,
        identity: ClientIdentity,
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

        grant = narrow(find_grant(self.config, request.id), request.access, request.within)
        require_no_token(self.config, grant, self.identity)
        try:
            role, from_cache = self.role(request, grant)
            try:
                return self._session(request, grant, role)
            except (NotTrusted, DurationTooLong, StsRefused):
                # The cached details of the role may be out of date.
                self.store.remove("roles", self._role_key(request, grant))
                current = self.role(request, grant)[0] if from_cache else role
                if current == role:
                    raise
                return self._session(request, grant, current)
        except BotoCoreError as error:
            raise from_connection_error(error) from error

    def role(self, request: CredentialRequest, grant: Grant | None = None) -> tuple[RoleDetails, bool]:
        """Return the deployed role, and whether it comes from the cache (where it stays for an hour).

        It is the role of `grant`, if that has one of its own; else the one of all others.
        """
        from botocore.exceptions import BotoCoreError

        key = self._role_key(request, grant)
        if role := cached_role(self.store.read("roles", key)):
            return role, True
        # Before the lock: botocore may ask for the MFA code of a profile.
        caller = self.identity.arn
        with self.store.locked("roles", key):
            if role := cached_role(self.store.read("roles", key)):
                return role, True
            try:
                role = self._discover(request, grant, caller)
            except BotoCoreError as error:
                raise from_connection_error(error) from error
            expires_at = time.time() + ROLE_CACHE_SECONDS
            self.store.write("roles", key, {"role": asdict(role), "expires_at": expires_at})
        return role, False

    def _discover(self, request: CredentialRequest, grant: Grant | None, caller: str) -> RoleDetails:
        role_arn, bucket, account = request.role_arn, request.bucket, request.account
        if grant and grant.borrowers:
            return discover_grant_role(
                self.identity, self.config, grant, caller, role_arn=role_arn, bucket=bucket, account=account
            )
        return discover_role(self.identity, self.config, caller, role_arn=role_arn, bucket=bucket, account=account)

    def _session(self, request: CredentialRequest, grant: Grant, role: RoleDetails) -> BrokeredSession:
        planned = plan_duration(
            request.duration,
            grant,
            role.max_duration,
            chained=self.identity.is_temporary,
            configured=self.config.role.max_session_duration,
        )
        policy = policy_to_send(self.config, grant, role)
        plan = AssumeRolePlan(grant, role, planned.duration, policy, request.within)
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

    def _role_key(self, request: CredentialRequest, grant: Grant | None) -> str:
        config = self.config
        # People who log in one after the other on one machine are different borrowers.
        own = (grant.id, config.grant_digests.get(grant.id), self.identity.key_id) if grant and grant.borrowers else ()
        return _hash(
            *self._scope,
            config.role.name,
            config.environment,
            config.digest,
            request.role_arn,
            request.bucket,
            request.account,
            *own,
        )

    def _session_key(self, plan: AssumeRolePlan) -> str:
        # access.toml's path and digest come first, so that sessions of an older version of the file can be found.
        rest = _hash(
            *self._scope,
            plan.role.arn,
            plan.role.caller_arn,
            plan.grant.id,
            plan.grant.access,
            plan.grant.folder,
            plan.duration,
            plan.policy_hash,
            self.config.grant_digests.get(plan.grant.id),
            self.identity.key_id if plan.grant.borrowers else "",
            self.config.audit_file,
        )
        version = self.config.digest
        if self.config.grants_digest:
            version = _hash(version, self.config.grants_digest)
        return self._key_prefix + version[:8] + rest


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(tuple(map(str, parts))).encode("utf-8", "surrogatepass")).hexdigest()[:32]

"""CredentialRequest in, CachedSession out."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from temp_access.aws.assume_role import Session, assume_role
from temp_access.aws.errors import (
    DurationTooLong,
    MfaNeeded,
    NotTrusted,
    PolicyTooLarge,
    StsRefused,
    from_client_error,
    from_connection_error,
)
from temp_access.aws.identity import CallerIdentity
from temp_access.borrow.audit_log import AuditLog
from temp_access.borrow.cached_session import is_fresh
from temp_access.borrow.grants import find_grant, narrow
from temp_access.borrow.role_discovery import KEPT_SECONDS, RoleDetails, discover_role
from temp_access.borrow.session_duration import plan_duration
from temp_access.borrow.session_names import fill_pattern, principal_name, session_name, user_name
from temp_access.borrow.session_store import SessionStore
from temp_access.config.model import Config, Grant
from temp_access.iam.arn import Arn
from temp_access.iam.document import minimal_json
from temp_access.policies.access_modes import ACCESS_MODES
from temp_access.policies.checks import SESSION_POLICY
from temp_access.policies.session_policy import session_policy

# Serial number and code; asked only when a session is really made, as a code is good for one call.
Mfa = Callable[[], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class AssumeRolePlan:
    """All that was decided before the call: `seconds` is the session's length, `policy` its JSON."""

    grant: Grant
    role: RoleDetails
    seconds: int
    policy: str

    @property
    def policy_hash(self) -> str:
        """The SHA-256 of the session policy (hexadecimal)."""
        return hashlib.sha256(self.policy.encode()).hexdigest()


def assume_for_grant(config: Config, base: CallerIdentity, plan: AssumeRolePlan, mfa: Mfa | None) -> dict[str, Any]:
    """Assume the role, record it in the audit log, and return the session as the cache keeps it.

    Raises BorrowError.
    """
    log = AuditLog(config.audit_file) if config.audit_file else None
    try:
        session, name = assume(config, base, plan, mfa)
        if log:
            log.write(
                caller=plan.role.caller_arn,
                grant=plan.grant.id,
                session_name=name,
                duration=plan.seconds,
                policy_sha256=plan.policy_hash,
                request_id=session.request_id,
            )
    finally:
        if log:
            log.close()
    return _entry(config, base, plan, name, session)


def assume(config: Config, base: CallerIdentity, plan: AssumeRolePlan, mfa: Mfa | None) -> tuple[Session, str]:
    """Return the session, made as the role's conditions ask for it, and its name; raises BorrowError."""
    asked, caller_arn = config.role.conditions, plan.role.caller_arn
    user, caller = user_name(config, caller_arn), principal_name(caller_arn)
    name = session_name(asked.session_name, plan.grant.id, user_name=user, who=caller)
    identity = asked.source_identity and fill_pattern(asked.source_identity, user_name=user, filler=caller)
    code = mfa() if mfa else None
    # Temporary base credentials may carry their own MFA, which only STS can tell.
    if asked.mfa and code is None and not base.is_temporary:
        raise MfaNeeded(
            f"the role {config.role.name} asks for MFA, and there is no code",
            f"run `temp-access credentials {plan.grant.id} --mfa-serial ARN` in a terminal; what it gets is kept",
        )
    return _call(config, base, plan, name, identity, code), name


def _call(
    config: Config,
    base: CallerIdentity,
    plan: AssumeRolePlan,
    name: str,
    identity: str | None,
    mfa: tuple[str, str] | None,
) -> Session:
    from botocore.exceptions import ClientError

    role = plan.role
    trusted = config.trusted_principal(role.caller_arn, Arn.parse(role.arn).account)
    try:
        return assume_role(
            base.sts,
            role_arn=role.arn,
            session_name=name,
            duration=plan.seconds,
            policy=plan.policy,
            source_identity=identity,
            external_id=trusted.external_id if trusted else None,
            mfa=mfa,
        )
    except ClientError as error:
        raise from_client_error(error, role.caller_arn, role.arn) from error


def _entry(config: Config, base: CallerIdentity, plan: AssumeRolePlan, name: str, session: Session) -> dict[str, Any]:
    given = session.credentials
    assert given.expiration is not None  # noqa: S101 - AssumeRole's always expire
    return {
        "config": str(config.path.absolute()),
        "role": plan.role.arn,
        "bucket": plan.role.bucket,
        "caller": plan.role.caller_arn,
        "region": base.region,
        "grant": plan.grant.id,
        "access": plan.grant.access,
        "folder": plan.grant.folder,
        "seconds": plan.seconds,
        "session_name": name,
        "session_arn": session.arn,
        "chained": base.is_temporary,
        "issued": time.time(),
        "until": given.expiration.timestamp(),
        "credentials": {
            "AccessKeyId": given.access_key_id,
            "SecretAccessKey": given.secret_access_key,
            "SessionToken": given.session_token,
            "Expiration": given.expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    }


@dataclass(frozen=True, slots=True)
class CredentialRequest:
    """What a borrower asks for; durations in seconds, None for the best there is."""

    id: str
    duration: int | None = None
    access: str | None = None
    min_ttl: int | None = None
    role_arn: str | None = None
    bucket: str | None = None
    mfa: Mfa | None = None


@dataclass(frozen=True, slots=True)
class BrokeredSession:
    """A session as the cache keeps it, its key there, and the notes for whoever asked."""

    entry: Mapping[str, Any]
    key: str
    notes: tuple[str, ...] = ()


class CredentialBroker:
    """Vends the grants of one configuration to one caller; safe to use from several threads.

    `place` says what sessions are lost with, where that isn't AWS: the file of the local AWS's run, and its hash.
    """

    def __init__(
        self, config: Config, base: CallerIdentity, store: SessionStore, *, place: Mapping[str, str] | None = None
    ) -> None:
        self.config = config
        self.base = base
        self.store = store
        self._place = dict(place or {})
        self._identity = (base.cache_identity, base.endpoint, str(self._place))
        path = hashlib.sha256(str(config.path.absolute()).encode("utf-8", "surrogateescape")).hexdigest()
        self._beginning = path[:8]

    def borrow(self, request: CredentialRequest) -> BrokeredSession:
        """Return a session for `asked`, from the cache or from STS; raises BorrowError."""
        from botocore.exceptions import BotoCoreError

        grant = narrow(find_grant(self.config, request.id), request.access)
        try:
            role, kept = self.role(request)
            try:
                return self._session(request, grant, role)
            except (NotTrusted, DurationTooLong, StsRefused):
                # What was known of the role may be what is wrong.
                self.store.remove("roles", self._role_key(request))
                fresh = self.role(request)[0] if kept else role
                if fresh == role:
                    raise
                return self._session(request, grant, fresh)
        except BotoCoreError as error:
            raise from_connection_error(error) from error

    def role(self, request: CredentialRequest) -> tuple[RoleDetails, bool]:
        """Return the deployed role, and whether that is from the cache (where it stays for an hour)."""
        key = self._role_key(request)
        with self.store.locked("roles", key):
            if found := cached_role(self.store.read("roles", key)):
                return found, True
            role = self._found(request)
            self.store.write("roles", key, {"role": asdict(role), "until": time.time() + KEPT_SECONDS})
        return role, False

    def _found(self, request: CredentialRequest) -> RoleDetails:
        from botocore.exceptions import BotoCoreError

        try:
            return discover_role(
                self.base, self.config, self._caller_arn(), role_arn=request.role_arn, bucket=request.bucket
            )
        except BotoCoreError as error:
            raise from_connection_error(error) from error

    def _caller_arn(self) -> str:
        from botocore.exceptions import ClientError

        try:
            return str(self.base.sts.get_caller_identity()["Arn"])
        except ClientError as error:
            raise from_client_error(error, self.base.name, self.config.role.name) from error

    def _role_key(self, request: CredentialRequest) -> str:
        config = self.config
        return _hash(
            *self._identity, config.role.name, config.environment, config.digest, request.role_arn, request.bucket
        )

    def _session(self, request: CredentialRequest, grant: Grant, role: RoleDetails) -> BrokeredSession:
        planned = plan_duration(
            request.duration,
            grant,
            role.max_duration,
            chained=self.base.is_temporary,
            configured=self.config.role.max_session_duration,
        )
        plan = AssumeRolePlan(grant, role, planned.seconds, session_policy_text(grant, role))
        key = self._session_key(plan)
        began = time.time()
        with self.store.locked("sessions", key):
            entry = self.store.read("sessions", key)
            if entry is None or not is_fresh(entry, request.min_ttl, since=began):
                entry = {**assume_for_grant(self.config, self.base, plan, request.mfa), "place": self._place}
                self.store.write("sessions", key, entry)
                self.store.purge_prefix("sessions", key[:8], key[:16])
        return BrokeredSession(entry, key, tuple(note for note in (role.config_mismatch, planned.note) if note))

    def _session_key(self, plan: AssumeRolePlan) -> str:
        # It begins with the file and what the file says, by which the sessions of an older one are found.
        rest = _hash(
            *self._identity,
            plan.role.arn,
            plan.role.caller_arn,
            plan.grant.id,
            plan.grant.access,
            plan.seconds,
            plan.policy_hash,
            self.config.audit_file,
        )
        return self._beginning + self.config.digest[:8] + rest


def cached_role(found: Mapping[str, Any] | None) -> RoleDetails | None:
    """Return the role that the cache's object describes, None if it is too old or something else."""
    try:
        return RoleDetails(**found["role"]) if found and float(found["until"]) > time.time() else None
    except (KeyError, TypeError, ValueError):
        return None


def session_policy_text(grant: Grant, role: RoleDetails) -> str:
    """Return the session policy as it is sent; raises PolicyTooLarge."""
    partition = role.arn.split(":")[1]
    text = minimal_json(
        session_policy(grant.folder, ACCESS_MODES[grant.access], bucket=role.bucket, partition=partition)
    )
    if len(text) > SESSION_POLICY:
        raise PolicyTooLarge(
            f"the session policy of {grant.id!r} has {len(text)} characters, STS takes {SESSION_POLICY}",
            "shorten its folder in access.toml",
        )
    return text


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(tuple(map(str, parts))).encode("utf-8", "surrogatepass")).hexdigest()[:32]

"""Making one session: its name, what the role's conditions ask for, the call, the audit line."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from temp_access.config.model import Config, Grant
from temp_access.sts.assume import Session, assume_role
from temp_access.sts.audit import AuditLog
from temp_access.sts.base import CallerIdentity
from temp_access.sts.errors import MfaNeeded
from temp_access.sts.find import RoleDetails
from temp_access.sts.identity import external_id, principal_name, user_name
from temp_access.sts.naming import fill_pattern, session_name
from temp_access.sts.refusals import from_client_error

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
    try:
        return assume_role(
            base.sts,
            role_arn=role.arn,
            session_name=name,
            duration=plan.seconds,
            policy=plan.policy,
            source_identity=identity,
            external_id=external_id(config, role.caller_arn, role.arn),
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

"""The AssumeRole call of a grant: its session name, its conditions, and what a refusal means."""

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temp_access.aws.assume_role import RoleSession, assume_role, assume_role_with_web_identity
from temp_access.aws.errors import BorrowError, MfaNeeded, NotTrusted, from_client_error
from temp_access.aws.identity import ClientIdentity
from temp_access.aws.web_identity import TokenHolder
from temp_access.borrow.audit_log import AuditLog
from temp_access.borrow.borrowers import borrower_of, describe_borrowers, token_borrower_of
from temp_access.borrow.cached_session import CachedSession, server_file
from temp_access.borrow.role_discovery import RoleDetails
from temp_access.borrow.session_names import fill_pattern, principal_name, session_name, user_name
from temp_access.config.borrower import Borrower, BorrowerKind
from temp_access.config.model import Config, Grant
from temp_access.iam.arn import Arn

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# Returns the MFA device's serial number and code, or None without a device. A code is good for one call, so this
# is called only when AssumeRole is.
Mfa = Callable[[], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class AssumeRolePlan:
    """What AssumeRole is called with: `duration` in seconds, `session_policy` as JSON.

    Without a session policy, the session can do what the grant's own role can. `within` is the subfolder to which the
    session policy narrows it.
    """

    grant: Grant
    role: RoleDetails
    duration: int
    session_policy: str | None
    within: str | None = None

    @property
    def policy_hash(self) -> str | None:
        """The SHA-256 of the session policy (hexadecimal), None without one."""
        return None if self.session_policy is None else hashlib.sha256(self.session_policy.encode()).hexdigest()


def assume_for_grant(
    config: Config,
    identity: ClientIdentity,
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
            # What only some sessions have.
            further = {"role": plan.role.arn if plan.grant.borrowers else None, "within": plan.within}
            log.write(
                caller=plan.role.caller_arn,
                grant=plan.grant.id,
                session_name=name,
                duration=plan.duration,
                policy_sha256=plan.policy_hash,
                request_id=session.request_id,
                **{key: value for key, value in further.items() if value is not None},
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


def assume(config: Config, identity: ClientIdentity, plan: AssumeRolePlan, mfa: Mfa | None) -> tuple[RoleSession, str]:
    """Assume the role under its conditions; return the session and its role session name. Raises BorrowError."""
    if isinstance(identity, TokenHolder):
        return _assume_with_token(config, identity, plan)
    from botocore.exceptions import ClientError

    conditions, role, grant = config.role.conditions, plan.role, plan.grant
    user, caller = user_name(config, role.caller_arn), principal_name(role.caller_arn)
    name = session_name(conditions.session_name, grant.id, user_name=user, principal=caller)
    source_identity = conditions.source_identity and fill_pattern(
        conditions.source_identity, user_name=user, filler=caller
    )
    account = Arn.parse(role.arn).account
    borrower = borrower_of(grant, role.caller_arn, account)
    trusted = borrower if grant.borrowers else config.trusted_principal(role.caller_arn, account)
    # Sessions can't carry MFA through a role, so the condition holds for users only.
    needs_mfa = conditions.mfa and (not grant.borrowers or ":user/" in role.caller_arn)
    mfa_code = mfa() if mfa else None
    # Whether temporary credentials were authenticated with MFA is known only to STS.
    if needs_mfa and mfa_code is None and not identity.is_temporary:
        raise MfaNeeded(
            f"the role {Arn.parse(role.arn).name} requires MFA, and no code was passed",
            f"run `temp-access credentials {grant.id} --mfa-serial ARN` in a terminal; the session is then cached",
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
        if isinstance(refusal, NotTrusted):
            if grant.borrowers and borrower is None:
                refusal = _no_borrower(config, grant, role.caller_arn, error)
            elif needs_mfa and _may_be_trust(str(error)):
                refusal = _mfa_missing(refusal, Arn.parse(role.arn).name, has_code=mfa_code is not None)
            elif borrower and (borrower.kind is BorrowerKind.SSO or borrower.account):
                refusal = _own_policy_missing(refusal, grant, borrower)
        raise refusal from error
    return session, name


def _assume_with_token(config: Config, identity: TokenHolder, plan: AssumeRolePlan) -> tuple[RoleSession, str]:
    from botocore.exceptions import ClientError

    role, grant = plan.role, plan.grant
    # The conditions of [role.conditions] don't hold for tokens.
    name = session_name(None, grant.id, user_name="", principal=identity.subject or "token")
    try:
        session = assume_role_with_web_identity(
            identity.sts,
            role_arn=role.arn,
            session_name=name,
            token=identity.token(),
            duration=plan.duration,
            policy=plan.session_policy,
        )
    except ClientError as error:
        refusal = from_client_error(error, identity.name, role.arn)
        if isinstance(refusal, NotTrusted) and not token_borrower_of(grant, config.identity_providers, identity.claims):
            refusal = _no_borrower(config, grant, role.caller_arn, error)
        raise refusal from error
    return session, name


def _no_borrower(config: Config, grant: Grant, caller: str, error: "ClientError") -> NotTrusted:
    code, message = (str(error.response["Error"].get(key, "")) for key in ("Code", "Message"))
    return NotTrusted(
        f"{caller} is no borrower of {grant.id!r} in {config.path.name} ({code}: {message})",
        f"borrow as one of its borrowers, with --profile or --web-identity-token-file: {describe_borrowers(grant)}; or "
        f"add this one to `borrowers` of the grant, have it reviewed, and deploy",
    )


def _own_policy_missing(refusal: NotTrusted, grant: Grant, borrower: Borrower) -> NotTrusted:
    return NotTrusted(
        refusal.cause,
        f"{borrower.text} needs a statement in its own policy, because the trust policy names an account: "
        f"`temp-access policy {grant.id} --trust` prints it; otherwise {refusal.remedy}",
        details=refusal.details,
    )


def _mfa_missing(refusal: NotTrusted, role: str, *, has_code: bool) -> BorrowError:
    """Return the error for a role that requires MFA, whose trust policy seems to have refused the call."""
    if not has_code:
        return MfaNeeded(
            f"{refusal.cause}: the role {role} requires MFA, and these temporary credentials don't seem to have it",
            "log in with MFA, or pass --mfa-serial and --mfa-code with the user's own access key",
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

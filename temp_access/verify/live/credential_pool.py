"""The credentials of each caller of probes, borrowed once and reused until shortly before they expire."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from temp_access.aws.assume_role import (
    Credentials,
    RoleSession,
    assume_role,
    assume_role_with_web_identity,
    session_token,
)
from temp_access.aws.clients import ClientFactory, Clients
from temp_access.config.model import Grant
from temp_access.deployment.target import Target
from temp_access.iam.sts_limits import DEFAULT_DURATION
from temp_access.policies.session_policy import UNRESTRICTED_POLICY, PolicyForGrant
from temp_access.verify.live.borrowers import Borrowers
from temp_access.verify.outcomes import SetupError
from temp_access.verify.probes import GRANT_ROLES, AssumeCall, Identity, ProbeCaller

# The callers whom a condition of the trust policy concerns that this machine can't meet.
_UNDER_CONDITIONS = (Identity.USER, Identity.USER_SESSION_TOKEN, Identity.PERSON)
# How STS refuses a token itself, whatever the role trusts:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors
_TOKEN_CODES = frozenset({"ExpiredTokenException", "IDPCommunicationError", "IDPRejectedClaim", "InvalidIdentityToken"})
_MIN_REMAINING = timedelta(minutes=3)


class CredentialPool:
    """Clients for every caller of probes; `policy_of` returns the session policy of a grant."""

    def __init__(
        self,
        factory: ClientFactory,
        target: Target,
        *,
        user_key: Credentials | None,
        deployer: Clients,
        baseline: AssumeCall,
        policy_of: PolicyForGrant,
        borrowers: Borrowers | None = None,
        mfa: tuple[str, str] | None = None,
        mfa_required: bool = False,
    ) -> None:
        self.target = target
        self.deployer = deployer
        self.policy_of = policy_of
        # A condition of the trust policy that this machine can't meet, set by the run.
        self.unmet_condition: str | None = None
        self._borrowers = borrowers
        self._factory = factory
        self._user = factory.of(user_key) if user_key else factory.base()
        self._baseline = baseline
        self._mfa = mfa
        self._mfa_required = mfa_required
        self._entries: dict[ProbeCaller, tuple[Clients, datetime | None]] = {}
        self._locks: dict[ProbeCaller, threading.Lock] = {}
        self._lock = threading.Lock()

    def clients(self, caller: ProbeCaller) -> Clients:
        """Return the clients of `caller`; raises SetupError if it has no credentials."""
        if caller.identity is Identity.DEPLOYER:
            return self.deployer
        if caller.identity is Identity.USER_SESSION_TOKEN and self._mfa_required:
            # With MFA the user already has GetSessionToken credentials, and a code is valid for one call.
            caller = ProbeCaller(Identity.USER)
        with self._lock:
            lock = self._locks.setdefault(caller, threading.Lock())
        with lock:
            entry = self._entries.get(caller)
            if entry is None or (entry[1] and entry[1] - datetime.now(UTC) < _MIN_REMAINING):
                entry = self._entries[caller] = self._borrow(caller)
            return entry[0]

    def forget(self, grant: Grant) -> None:
        """Drop the session of a grant whose probes have finished."""
        with self._lock:
            for caller in [caller for caller in self._locks if caller.grant and caller.grant.id == grant.id]:
                self._entries.pop(caller, None)
                self._locks.pop(caller, None)

    def renew(self, caller: ProbeCaller) -> bool:
        """Drop the credentials of `caller`, if they were borrowed, so that the next call borrows again."""
        with self._lock:
            entry = self._entries.get(caller)
            if entry is None or entry[1] is None or (self._mfa_required and caller.grant is None):
                return False
            del self._entries[caller]
        return True

    def _borrow(self, caller: ProbeCaller) -> tuple[Clients, datetime | None]:
        from botocore.exceptions import ClientError

        try:
            credentials = self._credentials(caller)
        except ClientError as error:
            raise SetupError(f"no credentials of {caller.identity.value}: {error}") from error
        if credentials is None:
            return self._user, None
        return self._factory.of(credentials), credentials.expiration

    def _credentials(self, caller: ProbeCaller) -> Credentials | None:
        match caller.identity:
            case Identity.USER_WITHOUT_MFA:
                return None
            case Identity.USER if self._mfa_required and caller.grant is None:
                return self._with_mfa()
            case Identity.USER:
                return None
            case Identity.USER_SESSION_TOKEN:
                return session_token(self._user.sts, duration=DEFAULT_DURATION)
            case Identity.PERSON:
                return self._known_borrowers().key(str(caller.name))
            case Identity.GRANT_ROLE | Identity.GRANT_ROLE_NARROWED:
                return self._session_of_grant(caller)
            case Identity.ROLE:
                return self._assume_role(None, DEFAULT_DURATION)
            case Identity.WIDENED:
                return self._assume_role(UNRESTRICTED_POLICY, DEFAULT_DURATION)
            case _:
                assert caller.grant is not None  # noqa: S101 - GRANT always has one
                return self._assume_role(self.policy_of(caller.grant), self._baseline.duration)

    def _assume_role(self, policy: str | None, duration: int | None) -> Credentials:
        call = replace(self._baseline, policy=policy, duration=duration)
        return self.assume(ProbeCaller(Identity.USER), call).credentials

    def _session_of_grant(self, caller: ProbeCaller) -> Credentials:
        borrower, call = self._known_borrowers().call_for(caller)
        narrows = caller.identity is Identity.GRANT_ROLE_NARROWED
        policy = self.policy_of(caller.grant) if caller.grant and narrows else None
        # As long as every role allows: a token may expire before the run ends.
        call = replace(call, duration=DEFAULT_DURATION, policy=policy)
        return self.assume(borrower, call).credentials

    def assume(self, caller: ProbeCaller, call: AssumeCall) -> RoleSession:
        """Make an AssumeRole call, with a token AssumeRoleWithWebIdentity; raises ClientError if it is refused."""
        role_arn = self.target.arn(call.role) if call.role else self.target.role_arn
        if caller.identity is Identity.TOKEN:
            return self._assume_by_token(str(caller.name), role_arn, call)
        if self.unmet_condition and caller.identity in _UNDER_CONDITIONS:
            raise SetupError(self.unmet_condition)
        sender = caller if caller.identity in GRANT_ROLES else ProbeCaller(caller.identity, name=caller.name)
        return assume_role(
            self.clients(sender).sts,
            role_arn=role_arn,
            session_name=call.session_name,
            duration=call.duration,
            policy=call.policy,
            source_identity=call.source_identity,
            external_id=call.external_id,
        )

    def _assume_by_token(self, label: str, role_arn: str, call: AssumeCall) -> RoleSession:
        from botocore.exceptions import ClientError

        try:
            return assume_role_with_web_identity(
                # This call isn't signed, whoever's the client is.
                self.deployer.sts,
                role_arn=role_arn,
                session_name=call.session_name,
                token=self._known_borrowers().token(label),
                duration=call.duration,
                policy=call.policy,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _TOKEN_CODES:
                raise
            # It says nothing about the role.
            raise SetupError(f"STS doesn't take the token of {label}: {error}; hand in a fresh one") from error

    def key_id(self, name: str) -> str:
        """Return the id of the access key that the run created for a user of `[users.<name>]`."""
        return self._known_borrowers().key(name).access_key_id

    def _known_borrowers(self) -> Borrowers:
        if self._borrowers is None:
            raise SetupError("there are no credentials of borrowers")
        return self._borrowers

    def _with_mfa(self) -> Credentials:
        if self._mfa is None:
            raise SetupError("the trust policy requires MFA, but there is no code; pass --mfa-serial and --mfa-code")
        serial, code = self._mfa
        return session_token(self._user.sts, duration=DEFAULT_DURATION, mfa_serial=serial, mfa_code=code)

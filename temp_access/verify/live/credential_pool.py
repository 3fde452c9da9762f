"""The credentials of each caller of probes, borrowed once and reused until shortly before they expire."""

import threading
from datetime import UTC, datetime, timedelta

from temp_access.aws.assume_role import Credentials, assume_role, session_token
from temp_access.aws.clients import ClientFactory, Clients
from temp_access.config.model import Grant
from temp_access.deployment.target import Target
from temp_access.iam.sts_limits import DEFAULT_DURATION
from temp_access.policies.session_policy import UNRESTRICTED_POLICY, PolicyForGrant
from temp_access.verify.outcomes import SetupError
from temp_access.verify.probes import AssumeCall, Identity, ProbeCaller

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
        mfa: tuple[str, str] | None = None,
        mfa_required: bool = False,
    ) -> None:
        self.target = target
        self.deployer = deployer
        self.policy_of = policy_of
        # A condition of the trust policy that this machine can't meet, set by the run.
        self.unmet_condition: str | None = None
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
        self._entries.pop(ProbeCaller(Identity.GRANT, grant), None)
        self._locks.pop(ProbeCaller(Identity.GRANT, grant), None)

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
            case Identity.ROLE:
                return self._assume_role(None, DEFAULT_DURATION)
            case Identity.WIDENED:
                return self._assume_role(UNRESTRICTED_POLICY, DEFAULT_DURATION)
            case _:
                assert caller.grant is not None  # noqa: S101 - GRANT always has one
                return self._assume_role(self.policy_of(caller.grant), self._baseline.duration)

    def _assume_role(self, policy: str | None, duration: int | None) -> Credentials:
        if self.unmet_condition:
            raise SetupError(self.unmet_condition)
        return assume_role(
            self.clients(ProbeCaller(Identity.USER)).sts,
            role_arn=self.target.role_arn,
            session_name=self._baseline.session_name,
            duration=duration,
            policy=policy,
            source_identity=self._baseline.source_identity,
        ).credentials

    def _with_mfa(self) -> Credentials:
        if self._mfa is None:
            raise SetupError("the trust policy requires MFA, but there is no code; pass --mfa-serial and --mfa-code")
        serial, code = self._mfa
        return session_token(self._user.sts, duration=DEFAULT_DURATION, mfa_serial=serial, mfa_code=code)

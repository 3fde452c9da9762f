"""Answering one probe's call for one caller, whatever kind of call it is."""

from datetime import UTC, datetime
from typing import Any

from temp_access.policy.decision import Layer
from temp_access.policy.evaluate import evaluate
from temp_access.policy.parse import parse_policy
from temp_access.sts.assume import Session, assume_role
from temp_access.verify.live.operate import call_service
from temp_access.verify.live.state import StateReader
from temp_access.verify.live.wallet import CredentialPool
from temp_access.verify.model import (
    AssumeCall,
    Identity,
    ProbeCall,
    ProbeCaller,
    ServiceCall,
    StateCheck,
    Target,
    TrustCheck,
)
from temp_access.verify.observe import Outcome, OutcomeType, SetupError, UnexpectedResponse, attempt
from temp_access.verify.trust import trust_layers, trust_request

_CLOCKS_MAY_DIFFER = 120
_DEFAULT_DURATION = 3600


class LiveCalls:
    """Makes the calls of probes on the deployed stacks."""

    def __init__(self, wallet: CredentialPool, state: StateReader, plain: AssumeCall) -> None:
        self.wallet = wallet
        self.state = state
        self.plain = plain

    def answer(self, caller: ProbeCaller, call: ProbeCall) -> Outcome:
        """Return what came of `call` made by `caller`."""
        match call:
            case ServiceCall():
                return attempt(lambda: self._operate(caller, call))
            case AssumeCall():
                return attempt(lambda: self._assume(caller, call))
            case StateCheck():
                return self._compare(call)
            case TrustCheck():
                return self._evaluate(call)

    def control(self, caller: ProbeCaller, call: ProbeCall) -> Outcome:
        """Return what came of the control: the same call, or for AssumeRole the plain one."""
        return self.answer(caller, self.plain if isinstance(call, AssumeCall) else call)

    def _operate(self, caller: ProbeCaller, call: ServiceCall) -> None:
        call_service(call, self.wallet.clients(caller), self.wallet.deployer, self.wallet.target)

    def _assume(self, caller: ProbeCaller, call: AssumeCall) -> str:
        if self.wallet.unmet and caller.identity in (Identity.USER, Identity.USER_SESSION_TOKEN):
            raise SetupError(self.wallet.unmet)
        clients = self.wallet.clients(ProbeCaller(caller.identity))
        policy = self.wallet.policy_of(caller.grant) if caller.grant else call.policy
        asked = datetime.now(UTC)
        session = assume_role(
            clients.sts,
            role_arn=self.wallet.target.role_arn,
            session_name=call.session_name,
            duration=call.duration,
            policy=policy,
            source_identity=call.source_identity,
            external_id=call.external_id,
        )
        return _form(session, call, self.wallet.target, asked)

    def _evaluate(self, check: TrustCheck) -> Outcome:
        document: dict[str, Any] = {}
        seen = attempt(lambda: document.update(self.state.trust_policy()))
        if seen.kind is not OutcomeType.WORKED:
            return Outcome(OutcomeType.UNDECIDED, seen.code, f"the trust policy can't be read: {seen.text}")
        return observe_trust(check, document, self.wallet.target)

    def _compare(self, check: StateCheck) -> Outcome:
        found: list[str] = []
        seen = attempt(lambda: found.extend(self.state.differences(check.aspect)))
        if seen.kind is OutcomeType.REFUSED:
            # That it can't be read says nothing of what it is.
            return Outcome(OutcomeType.UNDECIDED, seen.code, f"can't be read: {seen.text}")
        if found:
            return Outcome(OutcomeType.REFUSED, message="; ".join(found))
        return Outcome(OutcomeType.WORKED, message="as the template says") if seen.kind is OutcomeType.WORKED else seen


def _form(session: Session, call: AssumeCall, target: Target, asked: datetime) -> str:
    wanted = f"arn:{target.partition}:sts::{target.account}:assumed-role/{target.role_name}/{call.session_name}"
    credentials = session.credentials
    lasts = (credentials.expiration - asked).total_seconds() if credentials.expiration else 0
    duration = call.duration or _DEFAULT_DURATION
    if not credentials.access_key_id.startswith("ASIA"):
        raise UnexpectedResponse(f"the key id begins with {credentials.access_key_id[:4]}, not ASIA")
    if session.arn != wanted:
        raise UnexpectedResponse(f"the session is {session.arn}, not {wanted}")
    if abs(lasts - duration) > _CLOCKS_MAY_DIFFER:
        raise UnexpectedResponse(f"the session lasts {lasts:.0f} s, not {duration} s")
    return f"ASIA key for {session.arn.rpartition(':')[2]}, {duration} s"


def observe_trust(check: TrustCheck, document: dict[str, Any], target: Target) -> Outcome:
    """Return what the evaluator says of `check` against the deployed trust policy."""
    trust = parse_policy(document, Layer.TRUST)
    decision = evaluate(trust_layers(trust), trust_request(check, target))
    if decision.allowed:
        return Outcome(OutcomeType.WORKED, message="allowed by the trust policy")
    return Outcome(OutcomeType.REFUSED, "AccessDenied", f"the trust policy doesn't allow it ({decision.kind.value})")

"""Makes the calls of probes on the deployed stacks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from temp_access.aws.answers import CREDENTIAL_CODES
from temp_access.aws.assume_role import RoleSession
from temp_access.deployment.state import State
from temp_access.deployment.target import Target
from temp_access.iam.arn import role_session_arn
from temp_access.iam.decision import DecisionType, Layer
from temp_access.iam.evaluator import evaluate
from temp_access.iam.reader import read_policy
from temp_access.iam.sts_limits import DEFAULT_DURATION
from temp_access.policies.role_names import grant_role_name
from temp_access.verify.live.credential_pool import CredentialPool
from temp_access.verify.live.drift_reader import StateReader
from temp_access.verify.live.service_calls import call_service
from temp_access.verify.offline.answers import EvaluatorCalls
from temp_access.verify.outcomes import NOT_KNOWN, Outcome, OutcomeType, SetupError, UnexpectedResponse, attempt
from temp_access.verify.probes import (
    GRANT_ROLES,
    AssumeCall,
    ProbeCall,
    ProbeCaller,
    ServiceCall,
    StateCheck,
    TrustCheck,
)
from temp_access.verify.trust_checks import trust_policy_set, trust_requests

# The service rounds the times that it answers.
_TOLERANCE = 60


class LiveCalls:
    """Makes the calls of probes on the deployed stacks."""

    def __init__(
        self,
        pool: CredentialPool,
        state: StateReader,
        baseline: AssumeCall,
        evaluated: Callable[[State], EvaluatorCalls] | None = None,
    ) -> None:
        """Use the credentials in `pool`; `evaluated` returns what evaluates a deployed state's policies."""
        self.pool = pool
        self.state = state
        self.baseline = baseline
        self._evaluated = evaluated
        self._evaluators: dict[tuple[str, ...], EvaluatorCalls] = {}

    def answer(self, caller: ProbeCaller, call: ProbeCall) -> Outcome:
        """Return the outcome of `call` by `caller`."""
        if caller.is_evaluated and isinstance(call, ServiceCall | AssumeCall):
            return self._evaluate_session(caller, call)
        match call:
            case ServiceCall():
                outcome = attempt(lambda: self._call_service(caller, call))
                # Credentials that the service doesn't know any more (it was restarted, or they expired) are borrowed
                # again.
                if outcome.code in CREDENTIAL_CODES and self.pool.renew(caller):
                    outcome = attempt(lambda: self._call_service(caller, call))
                return outcome
            case AssumeCall():
                return attempt(lambda: self._assume_role(caller, call))
            case StateCheck():
                return self._compare(call)
            case TrustCheck():
                return self._evaluate(call)

    def control(self, caller: ProbeCaller, call: ProbeCall, control_call: AssumeCall | None = None) -> Outcome:
        """Return the outcome of the control: the same call; for AssumeRole `control_call` or the baseline call."""
        if isinstance(call, AssumeCall):
            return self.answer(caller, control_call or self.baseline)
        return self.answer(caller, call)

    def _call_service(self, caller: ProbeCaller, call: ServiceCall) -> None:
        clients = self.pool.clients(caller)
        if call.operation == "update-key":
            name = call.key.rpartition("/")[2]
            # Active is what the run's own key is already.
            clients.iam.update_access_key(UserName=name, AccessKeyId=self.pool.key_id(name), Status="Active")
            return
        call_service(call, clients, self.pool.deployer, self.pool.target)

    def _assume_role(self, caller: ProbeCaller, call: AssumeCall) -> str:
        if caller.grant and caller.identity not in GRANT_ROLES:
            call = replace(call, policy=self.pool.policy_of(caller.grant))
        return _check_session(self.pool.assume(caller, call), call, self.pool.target)

    def _evaluate_session(self, caller: ProbeCaller, call: ServiceCall | AssumeCall) -> Outcome:
        """Return the evaluator's outcome, with the deployed policies, of a call that nobody here can make."""
        if self._evaluated is None or caller.grant is None:
            return Outcome(OutcomeType.UNDECIDED, message="there are no credentials of a borrower")
        other = call.role.rpartition("/")[2] if isinstance(call, AssumeCall) and call.role else None
        name = grant_role_name(self.pool.target.role_name, caller.grant.id)
        names = tuple(filter(None, (name, other)))
        states: list[State] = []
        if names not in self._evaluators:
            outcome = attempt(lambda: states.append(self.state.with_deployed(names)))
            if outcome.kind is not OutcomeType.WORKED:
                reason = f"the deployed policies can't be read: {outcome.summary}"
                return Outcome(OutcomeType.UNDECIDED, outcome.code, reason)
            self._evaluators.setdefault(names, self._evaluated(states[0]))
        return self._evaluators[names].answer(caller, call)

    def _evaluate(self, check: TrustCheck) -> Outcome:
        document: dict[str, Any] = {}
        name = check.role.rpartition("/")[2] if check.role else None
        outcome = attempt(lambda: document.update(self.state.trust_policy(name)))
        if outcome.kind is not OutcomeType.WORKED:
            return Outcome(OutcomeType.UNDECIDED, outcome.code, f"the trust policy can't be read: {outcome.summary}")
        return observe_trust(check, document, self.pool.target)

    def _compare(self, check: StateCheck) -> Outcome:
        differences: list[str] = []
        outcome = attempt(lambda: differences.extend(self.state.differences(check.aspect, check.name)))
        if outcome.kind is OutcomeType.REFUSED:
            # A state that can't be read may still match.
            return Outcome(OutcomeType.UNDECIDED, outcome.code, f"can't be read: {outcome.summary}")
        if differences:
            return Outcome(OutcomeType.REFUSED, message="; ".join(differences))
        if outcome.kind is OutcomeType.WORKED:
            return Outcome(OutcomeType.WORKED, message="matches the template")
        return outcome


def _check_session(session: RoleSession, call: AssumeCall, target: Target) -> str:
    role_name = call.role.rpartition("/")[2] if call.role else target.role_name
    expected_arn = role_session_arn(target.partition, target.account, role_name, call.session_name)
    credentials = session.credentials
    ends = credentials.expiration
    duration = call.duration or DEFAULT_DURATION
    if not credentials.access_key_id.startswith("ASIA"):
        raise UnexpectedResponse(f"the key id starts with {credentials.access_key_id[:4]}, not ASIA")
    if session.arn != expected_arn:
        raise UnexpectedResponse(f"the session is {session.arn}, not {expected_arn}")
    if ends is None:
        raise UnexpectedResponse("the session never expires")
    # On the service's clock, which this machine's may differ from.
    now = datetime.now(UTC)
    lasts = [(ends - time).total_seconds() for time in (session.answered_at, now) if time]
    if all(abs(seconds - duration) > _TOLERANCE for seconds in lasts):
        if abs(lasts[0] - lasts[-1]) > _TOLERANCE or session.answered_at is None:
            raise SetupError("how long the session lasts can't be told: the clocks of the service and here differ")
        raise UnexpectedResponse(f"the session lasts {lasts[0]:.0f} s, not {duration} s")
    return f"ASIA key for {session.arn.rpartition(':')[2]}, {duration} s"


def observe_trust(check: TrustCheck, document: dict[str, Any], target: Target) -> Outcome:
    """Return the evaluator's outcome of `check` with the deployed trust policy."""
    trust = read_policy(document, Layer.TRUST)
    policies = trust_policy_set(trust)
    decisions = [evaluate(policies, request) for request in trust_requests(check, target)]
    decision = next((each for each in decisions if not each.allowed), decisions[-1])
    if decision.allowed:
        return Outcome(OutcomeType.WORKED, message="allowed by the trust policy")
    if decision.kind is DecisionType.UNDECIDED:
        names = tuple(f"{name}, which the deployed trust policy doesn't tell" for name in decision.unknown)
        return Outcome(OutcomeType.UNDECIDED, message=NOT_KNOWN, depends_on=names)
    return Outcome(OutcomeType.REFUSED, "AccessDenied", f"the trust policy doesn't allow it ({decision.kind.value})")

"""Answers probes with the policy evaluator."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache

from temp_access.config.model import Config, Grant
from temp_access.deployment.effective_policies import (
    EffectivePolicies,
    MissingDocument,
    PrincipalPolicies,
    UnknownAs,
    outsider_policies,
)
from temp_access.iam.arn import iam_arn
from temp_access.iam.decision import Decision, DecisionType, Layer
from temp_access.iam.document import MalformedPolicy, Policy
from temp_access.iam.evaluator import PolicySet, evaluate, resource_patterns
from temp_access.iam.parser import parse_policy
from temp_access.iam.patterns import PatternSet
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.service_rules import S3_KEYS
from temp_access.iam.sts_limits import (
    DEFAULT_DURATION,
    EXTERNAL_ID_PATTERN,
    MAX_CHAINED_DURATION,
    MAX_DURATION,
    MIN_DURATION,
    SESSION_NAME_PATTERN,
)
from temp_access.iam.unknown import UnknownOutcome
from temp_access.policies.checks import MAX_SESSION_POLICY
from temp_access.policies.session_policy import UNRESTRICTED_POLICY, PolicyForGrant
from temp_access.verify.operations import Need, needs
from temp_access.verify.outcomes import Outcome, OutcomeType, SetupError
from temp_access.verify.probes import AssumeCall, Identity, ProbeCall, ProbeCaller, ServiceCall, StateCheck, TrustCheck
from temp_access.verify.trust_checks import trust_policy_set, trust_request

_SESSION_NAME = re.compile(SESSION_NAME_PATTERN, re.ASCII)
_EXTERNAL_ID = re.compile(EXTERNAL_ID_PATTERN, re.ASCII)


def parameter_error(call: AssumeCall, *, role_maximum: int, chained: bool) -> tuple[str, str] | None:
    """Return the error code and message with which STS refuses the parameters of `call`, None if they are valid.

    `role_maximum` is the role's maximum session duration in seconds; `chained` is True if the caller's own
    credentials are temporary.
    """
    duration = DEFAULT_DURATION if call.duration is None else call.duration
    if not MIN_DURATION <= duration <= MAX_DURATION:
        return "ValidationError", f"the duration {duration} s isn't from {MIN_DURATION} to {MAX_DURATION} s"
    if duration > role_maximum:
        return "ValidationError", f"the duration {duration} s is over the role's maximum, {role_maximum} s"
    if chained and duration > MAX_CHAINED_DURATION:
        message = f"the duration {duration} s is over {MAX_CHAINED_DURATION} s, the maximum for chained sessions"
        return "ValidationError", message
    for name, value, pattern in (
        ("session name", call.session_name, _SESSION_NAME),
        ("source identity", call.source_identity, _SESSION_NAME),
        ("external id", call.external_id, _EXTERNAL_ID),
    ):
        if value is not None and not pattern.fullmatch(value):
            return "ValidationError", f"the {name} has a form that STS doesn't accept"
    return None if call.policy is None else _session_policy_error(call.policy)


def _session_policy_error(policy: str) -> tuple[str, str] | None:
    if len(policy) > MAX_SESSION_POLICY:
        return (
            "ValidationError",
            f"the session policy has {len(policy)} characters; the maximum is {MAX_SESSION_POLICY}",
        )
    try:
        _parsed_session_policy(policy)
    except MalformedPolicy as error:
        return "MalformedPolicyDocument", str(error)
    return None


# A grant's session policy is sent to STS and then limits the session: parsed once for both.
@lru_cache(maxsize=8)
def _parsed_session_policy(policy: str) -> Policy:
    return parse_policy(policy, Layer.SESSION)


_LONG_TERM = (Identity.DEPLOYER, Identity.USER, Identity.USER_WITHOUT_MFA)
_WORKED = Outcome(OutcomeType.WORKED, message="allowed")


@dataclass(frozen=True, slots=True)
class _Session:
    """The policies of a caller on the bucket or elsewhere, and what its calls have in common.

    Outcomes are kept: of a listing by its need, of other calls by the action and which of the policies' resource
    patterns match. Those stand for every resource with the same matches.
    """

    policies: PolicySet
    request: Request
    s3_context: Mapping[str, ContextValue]
    listings: dict[Need, Outcome] = field(default_factory=dict)
    outcomes: dict[tuple[object, ...], Outcome] = field(default_factory=dict)
    patterns: dict[str, tuple[Request, tuple[PatternSet, ...] | None]] = field(default_factory=dict)

    def outcome(self, need: Need) -> Outcome:
        """Return the outcome of a call that needs `need`."""
        if need.prefix is not None:
            outcome = self.listings.get(need)
            if outcome is None:
                outcome = self.listings[need] = self._evaluate(need)
            return outcome
        if need.action not in self.patterns:
            request = self._request(need)
            self.patterns[need.action] = request, resource_patterns(self.policies, request)
        request, patterns = self.patterns[need.action]
        if patterns is None:
            return self._evaluate(need)
        try:
            key = (need.action, *[each.matches(need.resource, request) for each in patterns])
        except UnknownOutcome:
            return self._evaluate(need)
        outcome = self.outcomes.get(key)
        if outcome is None:
            outcome = self.outcomes[key] = self._evaluate(need)
        return outcome

    def _evaluate(self, need: Need) -> Outcome:
        return _outcome(evaluate(self.policies, self._request(need)))

    def _request(self, need: Need) -> Request:
        context = self.request.context
        if need.action.startswith("s3:"):
            context = self.s3_context if need.prefix is None else {**self.s3_context, "s3:prefix": need.prefix}
        return self.request._replace(action=need.action, resource=need.resource, context=context)


class EvaluatorCalls:
    """Answers calls with the policies of a deployment; `address` is the source address of all calls.

    All calls are evaluated as of the moment when this object was created.
    """

    def __init__(
        self,
        policies: EffectivePolicies,
        config: Config,
        baseline: AssumeCall,
        policy_of: PolicyForGrant,
        address: str,
    ) -> None:
        self._policies = policies
        self._config = config
        self._target = policies.target
        self._baseline = baseline
        self._policy_of = policy_of
        now = datetime.now(UTC)
        self._context = {
            "aws:SecureTransport": "true",
            "aws:SourceIp": address,
            "aws:RequestedRegion": policies.target.region,
            "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:EpochTime": str(int(now.timestamp())),
        }
        self._sessions: dict[tuple[str, str | None, bool], _Session] = {}

    def answer(self, caller: ProbeCaller, call: ProbeCall) -> Outcome:
        """Return the outcome of `call` by `caller`."""
        try:
            match call:
                case ServiceCall():
                    return self._service_call(caller, call)
                case AssumeCall():
                    return self._assume_role(caller, call)
                case TrustCheck():
                    trust = self._policies.trust_policy(self._policies.state.role)
                    return _outcome(evaluate(trust_policy_set(trust), trust_request(call, self._target)))
                case StateCheck():
                    raise SetupError("the deployed state exists only live")
        except (SetupError, MissingDocument) as error:
            return Outcome(OutcomeType.UNDECIDED, message=str(error))

    def control(self, caller: ProbeCaller, call: ProbeCall) -> Outcome:
        """Return the outcome of the control: the same call, or the baseline call for AssumeRole."""
        return self.answer(caller, self._baseline if isinstance(call, AssumeCall) else call)

    def forget(self, grant: Grant) -> None:
        """Drop what was kept for the probes of the grant: its session, and the outcomes of listings."""
        for on_bucket in (True, False):
            self._sessions.pop((Identity.GRANT, grant.id, on_bucket), None)
        for session in self._sessions.values():
            session.listings.clear()

    def _service_call(self, caller: ProbeCaller, call: ServiceCall) -> Outcome:
        target = self._target
        session = self._session(caller, on_bucket=call.bucket == target.bucket)
        for need in needs(call, partition=target.partition, account=target.account, role_arn=target.role_arn):
            outcome = session.outcome(need)
            if outcome.kind is not OutcomeType.WORKED:
                return outcome
        return _WORKED

    def _session(self, caller: ProbeCaller, *, on_bucket: bool) -> _Session:
        key = (caller.identity, caller.grant.id if caller.grant else None, on_bucket)
        session = self._sessions.get(key)
        if session is None:
            own = self._own_policies(caller)
            policy = self._session_policy(caller)
            own = replace(own, session=None if policy is None else (_parsed_session_policy(policy),))
            policies = self._policies.on(self._policies.state.bucket if on_bucket else None, own)
            request = self._request(caller)
            session = self._sessions[key] = _Session(policies, request, {**request.context, **S3_KEYS})
        return session

    def _own_policies(self, caller: ProbeCaller) -> PrincipalPolicies:
        match caller.identity:
            case Identity.DEPLOYER:
                return outsider_policies(UnknownAs.ALLOW_ALL)
            case Identity.USER | Identity.USER_SESSION_TOKEN | Identity.USER_WITHOUT_MFA:
                return self._policies.of(self._policies.state.user)
            case _:
                return self._policies.of(self._policies.state.role)

    def _session_policy(self, caller: ProbeCaller) -> str | None:
        if caller.identity is Identity.GRANT and caller.grant:
            return self._policy_of(caller.grant)
        return UNRESTRICTED_POLICY if caller.identity is Identity.WIDENED else None

    def _principal(self, caller: ProbeCaller) -> str:
        target = self._target
        match caller.identity:
            case Identity.DEPLOYER:
                return iam_arn(target.partition, target.account, "user/an-administrator")
            case Identity.USER | Identity.USER_SESSION_TOKEN | Identity.USER_WITHOUT_MFA:
                return target.user_arn
            case _:
                return target.session_arn(self._baseline.session_name)

    def _request(self, caller: ProbeCaller, context: Mapping[str, str] | None = None) -> Request:
        """Return a request of the caller for AssumeRole."""
        keys = dict(self._context)
        if caller.identity not in _LONG_TERM:
            # A fresh session; its credentials are with MFA if the role asks for it.
            keys["aws:TokenIssueTime"] = keys["aws:CurrentTime"]
            keys["aws:MultiFactorAuthPresent"] = "true" if self._config.role.conditions.mfa else "false"
        is_role_session = caller.identity in (Identity.GRANT, Identity.ROLE, Identity.WIDENED)
        return Request(
            principal=self._principal(caller),
            action="sts:AssumeRole",
            resource=self._target.role_arn,
            account=self._target.account,
            resource_account=self._target.account,
            role_arn=self._target.role_arn if is_role_session else None,
            context={**keys, **(context or {})},
        )

    def _assume_role(self, caller: ProbeCaller, call: AssumeCall) -> Outcome:
        chained = caller.identity in (Identity.USER_SESSION_TOKEN, Identity.ROLE)
        if caller.grant:
            call = replace(call, policy=self._policy_of(caller.grant))
        error = parameter_error(call, role_maximum=self._config.role.max_session_duration, chained=chained)
        if error:
            return Outcome(OutcomeType.REFUSED, *error)
        policies = self._policies.on(self._policies.state.role, self._own_policies(caller).narrowed(None))
        request = self._request(caller, self._condition_keys(caller, call))
        actions = ["sts:AssumeRole"] + ["sts:SetSourceIdentity"] * (call.source_identity is not None)
        for action in actions:
            decision = evaluate(policies, request._replace(action=action))
            if not decision.allowed:
                return _outcome(decision)
        return _WORKED

    def _condition_keys(self, caller: ProbeCaller, call: AssumeCall) -> dict[str, str]:
        keys = {"sts:RoleSessionName": call.session_name}
        if call.source_identity is not None:
            keys["sts:SourceIdentity"] = call.source_identity
        if call.external_id is not None:
            keys["sts:ExternalId"] = call.external_id
        # A request with long-term credentials doesn't have this key:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
        if self._config.role.conditions.mfa and caller.identity in (Identity.USER, Identity.USER_SESSION_TOKEN):
            keys["aws:MultiFactorAuthPresent"] = "true"
        return keys


def _outcome(decision: Decision) -> Outcome:
    if decision.allowed:
        return _WORKED
    if decision.kind is DecisionType.UNDECIDED:
        names = " and ".join(decision.unknown)
        return Outcome(OutcomeType.UNDECIDED, message=f"it depends on {names}, which the templates don't tell")
    if decision.rule:
        return Outcome(OutcomeType.REFUSED, "AccessDenied", decision.rule)
    if decision.kind is DecisionType.EXPLICIT_DENY:
        message = f"with an explicit deny in a {decision.layer.value}"
    else:
        message = f"because no {decision.layer.value} allows it"
    return Outcome(OutcomeType.REFUSED, "AccessDenied", message)

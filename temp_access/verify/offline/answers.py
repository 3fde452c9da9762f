"""Answers probes with the policy evaluator."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

from temp_access.config.model import Config, Grant
from temp_access.deployment.effective_policies import (
    EXTREMES,
    EffectivePolicies,
    PrincipalPolicies,
    UnknownAs,
    outsider_policies,
)
from temp_access.deployment.state import RoleState, UserState
from temp_access.deployment.unread_effects import Unread, that_can_change
from temp_access.errors import TempAccessError
from temp_access.iam.arn import iam_arn
from temp_access.iam.decision import Decision, DecisionType, Layer
from temp_access.iam.document import MalformedPolicy, Policy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from temp_access.iam.service_rules import S3_KEYS
from temp_access.iam.sts_limits import (
    DEFAULT_DURATION,
    EXTERNAL_ID_PATTERN,
    MAX_CHAINED_DURATION,
    MAX_DURATION,
    MIN_DURATION,
    SESSION_NAME_PATTERN,
)
from temp_access.policies.checks import MAX_SESSION_POLICY
from temp_access.policies.session_policy import UNRESTRICTED_POLICY, PolicyForGrant
from temp_access.verify.offline.caller_session import CallerSession
from temp_access.verify.operations import needs
from temp_access.verify.outcomes import NOT_KNOWN, Outcome, OutcomeType, SetupError
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


class EvaluatorCalls:
    """Answers calls with the policies of a deployment; `address` is the source address of all calls.

    `unread` is what isn't read in the templates. An outcome that it can change is undecided, and so is one that an
    unknown policy decides. All calls are evaluated as of the moment when this object was created.
    """

    def __init__(
        self,
        policies: EffectivePolicies,
        config: Config,
        baseline: AssumeCall,
        policy_of: PolicyForGrant,
        address: str,
        unread: tuple[Unread, ...] = (),
    ) -> None:
        self._policies = policies
        self._config = config
        self._target = policies.target
        self._baseline = baseline
        self._policy_of = policy_of
        self._unread = unread
        now = datetime.now(UTC)
        self._context = {
            "aws:SecureTransport": "true",
            "aws:SourceIp": address,
            "aws:RequestedRegion": policies.target.region,
            "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:EpochTime": str(int(now.timestamp())),
        }
        self._sessions: dict[tuple[str, str | None, bool], CallerSession] = {}

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
                    return self._decide((trust_policy_set(trust),), trust_request(call, self._target))
                case StateCheck():
                    raise SetupError("the deployed state exists only live")
        except SetupError as error:
            return Outcome(OutcomeType.UNDECIDED, message=str(error))
        except TempAccessError as error:
            # A policy that can't be read.
            return Outcome(OutcomeType.UNDECIDED, message=str(error), depends_on=(str(error),))

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
            key = session.key(need)
            kept = session.outcomes if need.prefix is None else session.listings
            outcome = kept.get(key) if key else None
            if outcome is None:
                outcome = self._decide(session.policies, session.request_of(need), caller)
                if key:
                    kept[key] = outcome
            if outcome.kind is not OutcomeType.WORKED:
                return outcome
        return _WORKED

    def _decide(self, policy_sets: Iterable[PolicySet], request: Request, caller: ProbeCaller | None = None) -> Outcome:
        """Return the outcome if it is the same with all policy sets, and nothing that isn't read can change it."""
        decisions = [evaluate(policies, request) for policies in policy_sets]
        decision = decisions[0]
        names = [
            f"{name}, which the templates don't tell"
            for each in decisions
            if each.kind is DecisionType.UNDECIDED
            for name in each.unknown
        ]
        owner = self._owner(caller) if caller else None
        if len({each.allowed for each in decisions}) > 1 and owner:
            names += [f"{name}, which can't be read here" for name in self._policies.unknown_of(owner)]
        open_decision = Decision(DecisionType.UNDECIDED, decision.layer) if names else decision
        by_user = owner is self._policies.state.user
        unread = that_can_change(self._unread, open_decision, request.action, by_user=by_user)
        names += [f"{name}, which isn't read" for name in unread]
        if names:
            return Outcome(OutcomeType.UNDECIDED, message=NOT_KNOWN, depends_on=tuple(dict.fromkeys(names)))
        return _outcome(decision)

    def _session(self, caller: ProbeCaller, *, on_bucket: bool) -> CallerSession:
        key = (caller.identity, caller.grant.id if caller.grant else None, on_bucket)
        session = self._sessions.get(key)
        if session is None:
            bucket = self._policies.state.bucket if on_bucket else None
            policy = self._session_policy(caller)
            parsed = None if policy is None else (_parsed_session_policy(policy),)
            policies = [self._policies.on(bucket, replace(own, session=parsed)) for own in self._own_policies(caller)]
            request = self._request(caller)
            session = CallerSession(tuple(policies), request, {**request.context, **S3_KEYS})
            self._sessions[key] = session
        return session

    def _owner(self, caller: ProbeCaller) -> UserState | RoleState | None:
        match caller.identity:
            case Identity.DEPLOYER:
                return None
            case Identity.USER | Identity.USER_SESSION_TOKEN | Identity.USER_WITHOUT_MFA:
                return self._policies.state.user
            case _:
                return self._policies.state.role

    def _own_policies(self, caller: ProbeCaller) -> tuple[PrincipalPolicies, ...]:
        """Return the caller's policies, with each of the extremes that its unknown ones can be."""
        owner = self._owner(caller)
        if owner is None:
            return (outsider_policies(UnknownAs.ALLOW_ALL),)
        extremes = EXTREMES if self._policies.unknown_of(owner) else EXTREMES[:1]
        return tuple(self._policies.of(owner, each) for each in extremes)

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
        policies = [
            self._policies.on(self._policies.state.role, own.narrowed(None)) for own in self._own_policies(caller)
        ]
        actions = ["sts:AssumeRole"] + ["sts:SetSourceIdentity"] * (call.source_identity is not None)
        request = self._request(caller, self._condition_keys(caller, call))
        for action in actions:
            outcome = self._decide(policies, request._replace(action=action), caller)
            if outcome.kind is not OutcomeType.WORKED:
                return outcome
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
    if decision.rule:
        return Outcome(OutcomeType.REFUSED, "AccessDenied", decision.rule)
    if decision.kind is DecisionType.EXPLICIT_DENY:
        message = f"with an explicit deny in a {decision.layer.value}"
    else:
        message = f"because no {decision.layer.value} allows it"
    return Outcome(OutcomeType.REFUSED, "AccessDenied", message)

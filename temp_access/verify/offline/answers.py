"""Answers probes with the policy evaluator."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

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
from temp_access.iam.decision import Decision, DecisionType
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.request import Request
from temp_access.iam.service_rules import S3_KEYS
from temp_access.policies.session_policy import UNRESTRICTED_POLICY, PolicyForGrant
from temp_access.verify.offline.caller_requests import CallerRequests
from temp_access.verify.offline.caller_session import CallerSession
from temp_access.verify.offline.parameters import parameter_error, parsed_session_policy
from temp_access.verify.operations import needs
from temp_access.verify.outcomes import NOT_KNOWN, Outcome, OutcomeType, SetupError
from temp_access.verify.plan.impersonation import TokenClaims
from temp_access.verify.probes import (
    GRANT_ROLES,
    AssumeCall,
    Identity,
    ProbeCall,
    ProbeCaller,
    ServiceCall,
    StateCheck,
    TrustCheck,
)
from temp_access.verify.trust_checks import trust_policy_set, trust_requests

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
        tokens: Mapping[str, TokenClaims] | None = None,
    ) -> None:
        self._policies = policies
        self._config = config
        self._target = policies.target
        self._baseline = baseline
        self._policy_of = policy_of
        self._unread = unread
        self._requests = CallerRequests(config, policies.target, baseline, address, tokens or {})
        self._sessions: dict[tuple[ProbeCaller, bool], CallerSession] = {}
        self._roles = {f"role{role.path}{role.name}": role for role in policies.state.grant_roles.values()}

    def answer(self, caller: ProbeCaller, call: ProbeCall) -> Outcome:
        """Return the outcome of `call` by `caller`."""
        try:
            match call:
                case ServiceCall():
                    return self._service_call(caller, call)
                case AssumeCall():
                    return self._assume_role(caller, call)
                case TrustCheck():
                    trust = trust_policy_set(self._policies.trust_policy(self._role(call.role)))
                    return self._all_allowed(trust_requests(call, self._target), (trust,), None)
                case StateCheck():
                    raise SetupError("the deployed state exists only live")
        except SetupError as error:
            return Outcome(OutcomeType.UNDECIDED, message=str(error))
        except TempAccessError as error:
            # A policy that can't be read.
            return Outcome(OutcomeType.UNDECIDED, message=str(error), depends_on=(str(error),))

    def control(self, caller: ProbeCaller, call: ProbeCall, control_call: AssumeCall | None = None) -> Outcome:
        """Return the outcome of the control: the same call; for AssumeRole `control_call` or the baseline call."""
        if isinstance(call, AssumeCall):
            return self.answer(caller, control_call or self._baseline)
        return self.answer(caller, call)

    def forget(self, grant: Grant) -> None:
        """Drop what was kept for the probes of the grant: its session, and the outcomes of listings."""
        for key in [key for key in self._sessions if key[0].grant and key[0].grant.id == grant.id]:
            del self._sessions[key]
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
        by_user = isinstance(owner, UserState)
        unread = that_can_change(self._unread, open_decision, request.action, by_user=by_user)
        names += [f"{name}, which isn't read" for name in unread]
        if names:
            return Outcome(OutcomeType.UNDECIDED, message=NOT_KNOWN, depends_on=tuple(dict.fromkeys(names)))
        return _outcome(decision)

    def _session(self, caller: ProbeCaller, *, on_bucket: bool) -> CallerSession:
        key = (caller, on_bucket)
        session = self._sessions.get(key)
        if session is None:
            bucket = self._policies.state.bucket if on_bucket else None
            policy = self._session_policy(caller)
            parsed = None if policy is None else (parsed_session_policy(policy),)
            policies = [self._policies.on(bucket, replace(own, session=parsed)) for own in self._own_policies(caller)]
            request = self._requests.of(caller)
            session = CallerSession(tuple(policies), request, {**request.context, **S3_KEYS})
            self._sessions[key] = session
        return session

    def _owner(self, caller: ProbeCaller) -> UserState | RoleState | None:
        match caller.identity:
            case Identity.DEPLOYER:
                return None
            case Identity.USER | Identity.USER_SESSION_TOKEN | Identity.USER_WITHOUT_MFA:
                return self._policies.state.user
            case Identity.PERSON:
                if (user := self._policies.state.users.get(str(caller.name))) is None:
                    raise SetupError(f"the templates have no user {caller.name}")
                return user
            case Identity.TOKEN:
                return None
            case Identity.GRANT_ROLE | Identity.GRANT_ROLE_NARROWED:
                return self._role(self._requests.role_of(caller))
            case _:
                return self._policies.state.role

    def _role(self, resource: str | None) -> RoleState:
        """Return a role by the resource of its ARN; raises SetupError if the templates have none."""
        role = self._policies.state.role if resource is None else self._roles.get(resource)
        if role is None:
            raise SetupError(f"the templates have no {resource}")
        return role

    def _own_policies(self, caller: ProbeCaller) -> tuple[PrincipalPolicies, ...]:
        """Return the caller's policies, with each of the extremes that its unknown ones can be."""
        owner = self._owner(caller)
        if owner is None:
            return (outsider_policies(UnknownAs.ALLOW_ALL),)
        extremes = EXTREMES if self._policies.unknown_of(owner) else EXTREMES[:1]
        return tuple(self._policies.of(owner, each) for each in extremes)

    def _session_policy(self, caller: ProbeCaller) -> str | None:
        if caller.identity in (Identity.GRANT, Identity.GRANT_ROLE_NARROWED) and caller.grant:
            return self._policy_of(caller.grant)
        return UNRESTRICTED_POLICY if caller.identity is Identity.WIDENED else None

    def _assume_role(self, caller: ProbeCaller, call: AssumeCall) -> Outcome:
        chained = caller.identity in (Identity.USER_SESSION_TOKEN, Identity.ROLE, *GRANT_ROLES)
        if caller.grant and caller.identity not in GRANT_ROLES:
            call = replace(call, policy=self._policy_of(caller.grant))
        role = self._role(call.role)
        error = parameter_error(call, role_maximum=role.max_session_duration, chained=chained)
        if error:
            return Outcome(OutcomeType.REFUSED, *error)
        policies = [self._policies.on(role, own.narrowed(None)) for own in self._own_policies(caller)]
        requests = self._requests.assume_role(caller, call)
        return self._all_allowed(requests, policies, caller)

    def _all_allowed(
        self, requests: Iterable[Request], policies: Sequence[PolicySet], caller: ProbeCaller | None
    ) -> Outcome:
        """Return the first outcome that isn't that the call works, else that it does."""
        for request in requests:
            outcome = self._decide(policies, request, caller)
            if outcome.kind is not OutcomeType.WORKED:
                return outcome
        return _WORKED


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

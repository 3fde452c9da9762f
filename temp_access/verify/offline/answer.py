"""Answering probes with the evaluator, from a state: nothing is called."""

from collections.abc import Mapping
from dataclasses import replace

from temp_access.config.model import Config, Grant
from temp_access.policy.decision import Decision
from temp_access.policy.decision import DecisionType as DecisionKind
from temp_access.policy.evaluate import PolicySet, evaluate
from temp_access.policy.request import Request
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
from temp_access.verify.observe import Outcome, OutcomeType, SetupError
from temp_access.verify.offline.layers import EffectivePolicies, PrincipalPolicies
from temp_access.verify.offline.parameters import parameter_error
from temp_access.verify.operations import Need, needs
from temp_access.verify.sent import ALLOW_ALL, PolicyForGrant
from temp_access.verify.trust import trust_layers, trust_request

_WORKED = Outcome(OutcomeType.WORKED, message="allowed")


class EvaluatorCalls:
    """Answers what the policies say; `address` is the one that calls are taken to come from."""

    def __init__(
        self,
        policies: EffectivePolicies,
        config: Config,
        target: Target,
        plain: AssumeCall,
        policy_of: PolicyForGrant,
        address: str,
    ) -> None:
        self._policies = policies
        self._config = config
        self._target = target
        self._plain = plain
        self._policy_of = policy_of
        self._address = address
        self._on_bucket: dict[ProbeCaller, PolicySet] = {}

    def answer(self, caller: ProbeCaller, call: ProbeCall) -> Outcome:
        """Return what would come of `call` made by `caller`."""
        try:
            match call:
                case ServiceCall():
                    return self._service(caller, call)
                case AssumeCall():
                    return self._assume(caller, call)
                case TrustCheck():
                    request = trust_request(call, self._target)
                    return _observation(evaluate(trust_layers(self._policies.trust), request))
                case StateCheck():
                    raise SetupError("the deployed state only exists live")
        except SetupError as error:
            return Outcome(OutcomeType.UNDECIDED, message=str(error))

    def control(self, caller: ProbeCaller, call: ProbeCall) -> Outcome:
        """Return what would come of the control: the same call, or for AssumeRole the plain one."""
        return self.answer(caller, self._plain if isinstance(call, AssumeCall) else call)

    def forget(self, grant: Grant) -> None:
        """Drop what was kept for the grant."""
        self._on_bucket.pop(ProbeCaller(Identity.GRANT, grant), None)

    def _service(self, caller: ProbeCaller, call: ServiceCall) -> Outcome:
        layers = self._layers(caller, call)
        target = self._target
        for need in needs(call, partition=target.partition, account=target.account, role_arn=target.role_arn):
            decision = evaluate(layers, self._request(caller, need))
            if not decision.allowed:
                return _observation(decision)
        return _WORKED

    def _layers(self, caller: ProbeCaller, call: ServiceCall) -> PolicySet:
        if call.bucket == self._target.bucket:
            if caller not in self._on_bucket:
                self._on_bucket[caller] = self._policies.on_bucket(self._holder(caller), self._session(caller))
            return self._on_bucket[caller]
        return self._policies.elsewhere(self._holder(caller), self._session(caller))

    def _holder(self, caller: ProbeCaller) -> PrincipalPolicies:
        match caller.identity:
            case Identity.DEPLOYER:
                return self._policies.administrator
            case Identity.USER | Identity.USER_SESSION_TOKEN | Identity.USER_WITHOUT_MFA:
                return self._policies.user
            case _:
                return self._policies.role

    def _session(self, caller: ProbeCaller) -> str | None:
        if caller.identity is Identity.GRANT and caller.grant:
            return self._policy_of(caller.grant)
        return ALLOW_ALL if caller.identity is Identity.WIDENED else None

    def _principal(self, caller: ProbeCaller) -> str:
        target = self._target
        match caller.identity:
            case Identity.DEPLOYER:
                return f"arn:{target.partition}:iam::{target.account}:user/an-administrator"
            case Identity.USER | Identity.USER_SESSION_TOKEN | Identity.USER_WITHOUT_MFA:
                return target.user_arn
            case _:
                name = self._plain.session_name
                return f"arn:{target.partition}:sts::{target.account}:assumed-role/{target.role_name}/{name}"

    def _request(self, caller: ProbeCaller, need: Need, context: Mapping[str, str] | None = None) -> Request:
        keys = {"aws:SecureTransport": "true", "aws:SourceIp": self._address, **(context or {})}
        if need.prefix is not None:
            keys["s3:prefix"] = need.prefix
        of_role = caller.identity in (Identity.GRANT, Identity.ROLE, Identity.WIDENED)
        return Request(
            principal=self._principal(caller),
            action=need.action,
            resource=need.resource,
            account=self._target.account,
            resource_account=self._target.account,
            role_arn=self._target.role_arn if of_role else None,
            context=keys,
        )

    def _assume(self, caller: ProbeCaller, call: AssumeCall) -> Outcome:
        chained = caller.identity in (Identity.USER_SESSION_TOKEN, Identity.ROLE)
        sent = call
        if caller.grant:
            sent = replace(call, policy=self._policy_of(caller.grant))
        wrong = parameter_error(sent, role_maximum=self._config.role.max_session_duration, chained=chained)
        if wrong:
            return Outcome(OutcomeType.REFUSED, *wrong)
        layers = self._policies.on_role(self._holder(caller))
        actions = ["sts:AssumeRole"] + ["sts:SetSourceIdentity"] * (call.source_identity is not None)
        for action in actions:
            need = Need(action, self._target.role_arn)
            decision = evaluate(layers, self._request(caller, need, self._keys(caller, call)))
            if not decision.allowed:
                return _observation(decision)
        return _WORKED

    def _keys(self, caller: ProbeCaller, call: AssumeCall) -> dict[str, str]:
        keys = {"sts:RoleSessionName": call.session_name}
        if call.source_identity is not None:
            keys["sts:SourceIdentity"] = call.source_identity
        if call.external_id is not None:
            keys["sts:ExternalId"] = call.external_id
        # Long-term credentials have no such key at all:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
        if self._config.role.conditions.mfa and caller.identity in (Identity.USER, Identity.USER_SESSION_TOKEN):
            keys["aws:MultiFactorAuthPresent"] = "true"
        return keys


def _observation(decision: Decision) -> Outcome:
    if decision.allowed:
        return _WORKED
    how = "with an explicit deny in a" if decision.kind is DecisionKind.EXPLICIT_DENY else "because no"
    end = "" if decision.kind is DecisionKind.EXPLICIT_DENY else " allows it"
    return Outcome(OutcomeType.REFUSED, "AccessDenied", f"{how} {decision.layer.value}{end}")

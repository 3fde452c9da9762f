"""Probes answered by the evaluator."""

import re
from collections.abc import Mapping
from dataclasses import replace

from temp_access.config.model import Config, Grant
from temp_access.deployment.effective_policies import (
    EffectivePolicies,
    MissingDocument,
    PrincipalPolicies,
    UnknownAs,
    outsider_policies,
)
from temp_access.iam.decision import Decision, Layer
from temp_access.iam.decision import DecisionType as DecisionKind
from temp_access.iam.document import MalformedPolicy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from temp_access.policies.checks import SESSION_POLICY
from temp_access.policies.session_policy import ALLOW_ALL, PolicyForGrant
from temp_access.verify.operations import Need, needs
from temp_access.verify.outcomes import Outcome, OutcomeType, SetupError
from temp_access.verify.probes import AssumeCall, Identity, ProbeCall, ProbeCaller, ServiceCall, StateCheck, TrustCheck
from temp_access.verify.trust_checks import trust_layers, trust_request

_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_SHORTEST, _CHAINED, _LONGEST, _DEFAULT = 900, 3600, 43200, 3600


def parameter_error(call: AssumeCall, *, role_maximum: int, chained: bool) -> tuple[str, str] | None:
    """Return (code, message) of the refusal that `call`'s parameters lead to, None if they are fine.

    `role_maximum` is the role's maximum session duration in seconds; `chained` says that the caller's
    own credentials are temporary.
    """
    duration = _DEFAULT if call.duration is None else call.duration
    if not _SHORTEST <= duration <= _LONGEST:
        return "ValidationError", f"the duration {duration} s isn't from {_SHORTEST} to {_LONGEST} s"
    if duration > role_maximum:
        return "ValidationError", f"the duration {duration} s is over the role's maximum, {role_maximum} s"
    if chained and duration > _CHAINED:
        return "ValidationError", f"the duration {duration} s is over {_CHAINED} s, the most for chained sessions"
    for name, value, form in (
        ("session name", call.session_name, _NAME),
        ("source identity", call.source_identity, _NAME),
        ("external id", call.external_id, _EXTERNAL_ID),
    ):
        if value is not None and not form.fullmatch(value):
            return "ValidationError", f"the {name} has a form that STS doesn't take"
    return None if call.policy is None else _policy_error(call.policy)


def _policy_error(policy: str) -> tuple[str, str] | None:
    if len(policy) > SESSION_POLICY:
        return "ValidationError", f"the session policy has {len(policy)} characters, {SESSION_POLICY} are the most"
    try:
        parse_policy(policy, Layer.SESSION)
    except MalformedPolicy as error:
        return "MalformedPolicyDocument", str(error)
    return None


_WORKED = Outcome(OutcomeType.WORKED, message="allowed")


class EvaluatorCalls:
    """Answers what the policies say; `address` is the one that calls are taken to come from."""

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
        self._plain = baseline
        self._policy_of = policy_of
        self._address = address
        self._policy_sets: dict[tuple[ProbeCaller, bool], PolicySet] = {}

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
                    return _observation(
                        evaluate(trust_layers(self._policies.trust_policy(self._policies.state.role)), request)
                    )
                case StateCheck():
                    raise SetupError("the deployed state only exists live")
        except (SetupError, MissingDocument) as error:
            return Outcome(OutcomeType.UNDECIDED, message=str(error))

    def control(self, caller: ProbeCaller, call: ProbeCall) -> Outcome:
        """Return what would come of the control: the same call, or for AssumeRole the plain one."""
        return self.answer(caller, self._plain if isinstance(call, AssumeCall) else call)

    def forget(self, grant: Grant) -> None:
        """Drop what was kept for the grant."""
        for on_bucket in (True, False):
            self._policy_sets.pop((ProbeCaller(Identity.GRANT, grant), on_bucket), None)

    def _service(self, caller: ProbeCaller, call: ServiceCall) -> Outcome:
        layers = self._layers(caller, call)
        target = self._target
        for need in needs(call, partition=target.partition, account=target.account, role_arn=target.role_arn):
            decision = evaluate(layers, self._request(caller, need))
            if not decision.allowed:
                return _observation(decision)
        return _WORKED

    def _layers(self, caller: ProbeCaller, call: ServiceCall) -> PolicySet:
        bucket = self._policies.state.bucket if call.bucket == self._target.bucket else None
        key = (caller, bucket is not None)
        if key not in self._policy_sets:
            own = self._holder(caller).narrowed(self._session(caller))
            self._policy_sets[key] = self._policies.on(bucket, own)
        return self._policy_sets[key]

    def _holder(self, caller: ProbeCaller) -> PrincipalPolicies:
        match caller.identity:
            case Identity.DEPLOYER:
                return outsider_policies(UnknownAs.ALLOW_ALL)
            case Identity.USER | Identity.USER_SESSION_TOKEN | Identity.USER_WITHOUT_MFA:
                return self._policies.of(self._policies.state.user)
            case _:
                return self._policies.of(self._policies.state.role)

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
        layers = self._policies.on(self._policies.state.role, self._holder(caller).narrowed(None))
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

"""The requests of each caller of probes, as the evaluator takes them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from temp_access.config.model import Config
from temp_access.deployment.target import Target
from temp_access.iam.arn import iam_arn, role_session_arn
from temp_access.iam.request import Request
from temp_access.policies.role_names import grant_role_name, grant_role_resource
from temp_access.verify.plan.impersonation import TokenClaims
from temp_access.verify.probes import GRANT_ROLES, AssumeCall, Identity, ProbeCaller

# They have no temporary credentials; a call with a token isn't signed at all.
_LONG_TERM = (Identity.DEPLOYER, Identity.USER, Identity.USER_WITHOUT_MFA, Identity.PERSON, Identity.TOKEN)


class CallerRequests:
    """Makes the requests of callers, from one `address`, all as of the moment when this object was created."""

    def __init__(
        self, config: Config, target: Target, baseline: AssumeCall, address: str, tokens: Mapping[str, TokenClaims]
    ) -> None:
        self._config = config
        self._target = target
        self._baseline = baseline
        self._tokens = tokens
        now = datetime.now(UTC)
        self._context = {
            "aws:SecureTransport": "true",
            "aws:SourceIp": address,
            "aws:RequestedRegion": target.region,
            "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:EpochTime": str(int(now.timestamp())),
        }

    def role_of(self, caller: ProbeCaller) -> str | None:
        """Return the resource of the role whose session calls, None for that of `[role]`."""
        if caller.identity in GRANT_ROLES and caller.grant:
            return grant_role_resource(self._config.role, caller.grant.id)
        return None

    def of(self, caller: ProbeCaller, context: Mapping[str, str] | None = None) -> Request:
        """Return a request of the caller for AssumeRole."""
        keys = dict(self._context)
        if caller.identity not in _LONG_TERM:
            # A fresh session; its credentials are with MFA if the role asks for it.
            keys["aws:TokenIssueTime"] = keys["aws:CurrentTime"]
            keys["aws:MultiFactorAuthPresent"] = "true" if self._config.role.conditions.mfa else "false"
        of_grant = caller.identity in GRANT_ROLES
        is_role_session = of_grant or caller.identity in (Identity.GRANT, Identity.ROLE, Identity.WIDENED)
        own_role = self.role_of(caller)
        session_of = self._target.arn(own_role) if own_role else self._target.role_arn
        return Request(
            principal=self._principal(caller),
            action="sts:AssumeRole",
            resource=self._target.role_arn,
            account=self._target.account,
            resource_account=self._target.account,
            role_arn=session_of if is_role_session else None,
            context={**keys, **(context or {})},
        )

    def assume_role(self, caller: ProbeCaller, call: AssumeCall) -> list[Request]:
        """Return the requests of an AssumeRole call, one for each action; all must be allowed."""
        request = self.of(caller, self._condition_keys(caller, call))
        if call.role:
            request = request._replace(resource=self._target.arn(call.role))
        action = "sts:AssumeRoleWithWebIdentity" if caller.identity is Identity.TOKEN else "sts:AssumeRole"
        actions = [action] + ["sts:SetSourceIdentity"] * (call.source_identity is not None)
        return [request._replace(action=each) for each in actions]

    def _principal(self, caller: ProbeCaller) -> str:
        target = self._target
        match caller.identity:
            case Identity.DEPLOYER:
                return iam_arn(target.partition, target.account, "user/an-administrator")
            case Identity.USER | Identity.USER_SESSION_TOKEN | Identity.USER_WITHOUT_MFA:
                return target.user_arn
            case Identity.PERSON:
                return target.arn(f"user/{caller.name}")
            case Identity.TOKEN:
                provider = self._config.identity_providers[self._tokens[str(caller.name)].provider]
                return target.arn(f"oidc-provider/{provider.host}")
            case Identity.GRANT_ROLE | Identity.GRANT_ROLE_NARROWED:
                name = grant_role_name(self._config.role.name, caller.grant.id) if caller.grant else target.role_name
                return role_session_arn(target.partition, target.account, name, self._baseline.session_name)
            case _:
                return target.session_arn(self._baseline.session_name)

    def _condition_keys(self, caller: ProbeCaller, call: AssumeCall) -> dict[str, str]:
        keys = {"sts:RoleSessionName": call.session_name}
        if caller.identity is Identity.TOKEN:
            claims = self._tokens[str(caller.name)]
            host = self._config.identity_providers[claims.provider].host
            return {**keys, f"{host}:sub": claims.subject, f"{host}:aud": claims.audience}
        if call.source_identity is not None:
            keys["sts:SourceIdentity"] = call.source_identity
        if call.external_id is not None:
            keys["sts:ExternalId"] = call.external_id
        # A request with long-term credentials doesn't have this key:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
        if self._config.role.conditions.mfa and caller.identity in (Identity.USER, Identity.USER_SESSION_TOKEN):
            keys["aws:MultiFactorAuthPresent"] = "true"
        return keys

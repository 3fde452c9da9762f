"""The probes of AssumeRole: durations, session policies, conditions of the trust policy, untrusted callers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network

from temp_access.borrow.session_names import fill_pattern, non_matching_name
from temp_access.config.model import Config, Grant, TrustedPrincipal
from temp_access.config.table import format_duration
from temp_access.deployment.target import Target
from temp_access.iam.arn import Arn, iam_arn
from temp_access.iam.sts_limits import MAX_CHAINED_DURATION, MIN_DURATION
from temp_access.verify.probes import AssumeCall, Identity, Probe, ProbeCaller, TrustCheck

_USER = ProbeCaller(Identity.USER)
_POLICY_WITH_PRINCIPAL = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}'
)


def baseline_call(config: Config, user_name: str | None = None, role: str | None = None) -> AssumeCall:
    """Return the shortest AssumeRole call of a user that meets the trust policy's conditions, except MFA.

    `role` is the resource of a role's ARN, None for the role of `[role]`.
    """
    conditions, user_name = config.role.conditions, user_name or config.user.name
    source = conditions.source_identity
    return AssumeCall(
        MIN_DURATION,
        None,
        fill_pattern(conditions.session_name, user_name=user_name, filler="temp-access-verify"),
        source_identity=source and fill_pattern(source, user_name=user_name, filler="verify"),
        role=role,
    )


@dataclass(frozen=True)
class AssumeRoleProbes:
    """Builds the probes of AssumeRole for one configuration.

    `deployer_is_untrusted` is True if access.toml doesn't trust the deployer with the role.
    """

    config: Config
    target: Target
    deployer_is_untrusted: bool

    def probes(self) -> Iterator[Probe]:
        """Yield all probes of AssumeRole."""
        call, longest = baseline_call(self.config), self.config.role.max_session_duration
        yield self._allowed("default", "AssumeRole without a duration lasts 1h", replace(call, duration=None))
        for seconds in sorted({MIN_DURATION, longest}):
            duration = format_duration(seconds)
            yield self._allowed(f"lasts-{duration}", f"AssumeRole for {duration}", replace(call, duration=seconds))
        yield from self._durations(call, longest)
        yield from self._session_policies(call)
        yield from self._conditions(call)
        yield from self._untrusted_callers(call)

    def _durations(self, call: AssumeCall, longest: int) -> Iterator[Probe]:
        cause = "the role's maximum session duration differs from access.toml; run cdk deploy"
        for seconds, id_ in ((MIN_DURATION - 1, "under-15m"), (longest + 1, "over-the-maximum")):
            title = f"AssumeRole for {seconds} s, {'under 15m' if seconds < longest else 'over the maximum'}"
            yield self._denied(id_, title, replace(call, duration=seconds), cause, ("ValidationError",))
        session = ProbeCaller(Identity.USER_SESSION_TOKEN)
        allowed = self._allowed("chained-1h", "AssumeRole for 1h from GetSessionToken credentials", call)
        yield replace(allowed, caller=session, call=replace(call, duration=MAX_CHAINED_DURATION))
        denied = self._denied(
            "chained-over-1h",
            "AssumeRole for over 1h from GetSessionToken credentials",
            replace(call, duration=MAX_CHAINED_DURATION + 1),
            "the service no longer limits chained sessions to one hour; see the rules of AssumeRole",
            ("ValidationError",),
        )
        yield replace(denied, caller=session)

    def _session_policies(self, call: AssumeCall) -> Iterator[Probe]:
        cause = "the service accepted an invalid session policy, so a session may not have the policy that is sent"
        for id_, title, policy in (
            ("policy-not-json", "a session policy that isn't JSON", "isn't JSON"),
            ("policy-with-principal", "a session policy with a Principal", _POLICY_WITH_PRINCIPAL),
        ):
            yield self._denied(id_, title, replace(call, policy=policy), cause, ("MalformedPolicyDocument",))

    def _conditions(self, call: AssumeCall) -> Iterator[Probe]:
        conditions, user_name = self.config.role.conditions, self.config.user.name
        cause = "the trust policy lacks this condition; compare it with the template and run cdk deploy"
        if conditions.source_identity:
            without = replace(call, source_identity=None)
            yield self._denied("no-source-identity", "AssumeRole without a source identity", without, cause)
        if conditions.session_name and (name := non_matching_name(conditions.session_name, user_name=user_name)):
            other = replace(call, session_name=name)
            title = "AssumeRole with a session name that doesn't match the pattern"
            yield self._denied("session-name", title, other, cause)
        if conditions.mfa:
            probe = self._denied("no-mfa", "AssumeRole without MFA", call, cause)
            yield replace(probe, caller=ProbeCaller(Identity.USER_WITHOUT_MFA))
        if address := address_outside(conditions.source_ip):
            context = {"aws:SourceIp": address}
            title = f"from {address}, outside the allowed networks"
            yield self._evaluated("other-network", title, self.target.user_arn, context, allowed=False)
        for index, trusted in enumerate(self.config.role.trusted):
            yield from self._trusted_principal(index, trusted)

    def _trusted_principal(self, index: int, trusted: TrustedPrincipal) -> Iterator[Probe]:
        account = trusted.account or self.target.account
        # Trusting an account trusts its users and roles; a root user can't assume a role.
        resource = "user/anybody" if trusted.resource == "root" else trusted.resource
        arn = iam_arn(self.target.partition, account, resource)
        context = {"sts:ExternalId": trusted.external_id} if trusted.external_id else {}
        lacks_user_name = resource.startswith("role/") and conditions_use_user_name(self.config)
        title = f"by {arn}" + (", which has no ${aws:username}" if lacks_user_name else "")
        yield self._evaluated(f"trusted-{index}", title, arn, context, allowed=not lacks_user_name)
        if trusted.external_id:
            title = f"by {arn}, without the external id"
            yield self._evaluated(f"no-external-id-{index}", title, arn, {}, allowed=False)

    def _evaluated(self, id_: str, title: str, arn: str, context: dict[str, str], *, allowed: bool) -> Probe:
        call = baseline_call(self.config, arn.rpartition("/")[2])
        defaults = {
            "aws:SourceIp": first_address(self.config),
            "aws:MultiFactorAuthPresent": "true",
            "sts:RoleSessionName": call.session_name,
        }
        if call.source_identity:
            defaults["sts:SourceIdentity"] = call.source_identity
        return Probe(
            id=f"assume/{id_}",
            group="assume",
            title=f"AssumeRole {title} (evaluated on the deployed trust policy, not called)",
            caller=ProbeCaller(Identity.DEPLOYER),
            call=TrustCheck(arn, tuple(sorted((defaults | context).items()))),
            allowed=allowed,
            cause="the deployed trust policy differs from the template; run cdk deploy",
        )

    def _untrusted_callers(self, call: AssumeCall) -> Iterator[Probe]:
        cause = "the trust policy trusts more principals than access.toml; compare it with the template"
        probe = self._denied("by-the-session", "AssumeRole by a session of the role itself", call, cause)
        yield replace(probe, caller=ProbeCaller(Identity.ROLE))
        if self.deployer_is_untrusted:
            title = "AssumeRole by the deployer, whom the trust policy doesn't name"
            probe = self._denied("by-the-deployer", title, call, cause)
            yield replace(probe, caller=ProbeCaller(Identity.DEPLOYER))

    def _allowed(self, id_: str, title: str, call: AssumeCall) -> Probe:
        return Probe(
            id=f"assume/{id_}",
            group="assume",
            title=title,
            caller=_USER,
            call=call,
            allowed=True,
            cause="the trust policy or the maximum session duration differs from the template, or the call lacks a "
            "parameter that the trust policy requires",
        )

    def _denied(self, id_: str, title: str, call: AssumeCall, cause: str, codes: tuple[str, ...] = ()) -> Probe:
        return replace(self._allowed(id_, title, call), allowed=False, cause=cause, codes=codes, control=_USER)


def conditions_use_user_name(config: Config) -> bool:
    """Whether a condition of the trust policy can be met by users only, because it has `${aws:username}`."""
    conditions = config.role.conditions
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-username
    return any("${aws:username}" in (each or "") for each in (conditions.session_name, conditions.source_identity))


def grant_probe(config: Config, grant: Grant, group: str) -> Probe:
    """Return the probe that the role can be assumed with the grant's session policy."""
    return Probe(
        id=f"{group}/assume",
        group=group,
        title="AssumeRole with the grant's session policy",
        caller=ProbeCaller(Identity.USER, grant),
        call=baseline_call(config),
        allowed=True,
        cause="STS refuses the session policy, or the role can't be assumed at all (see the group assume)",
    )


# Addresses for documentation, which nobody calls from: https://datatracker.ietf.org/doc/html/rfc5737
_EXAMPLE_ADDRESSES = ("192.0.2.1", "198.51.100.1", "203.0.113.1")


def address_outside(networks: tuple[str, ...]) -> str | None:
    """Return an address in none of the networks, None if there are no networks."""
    ranges = [ip_network(network, strict=False) for network in networks]
    candidates = map(ip_address, _EXAMPLE_ADDRESSES if networks else ())
    return next((str(address) for address in candidates if not any(address in each for each in ranges)), None)


def first_address(config: Config) -> str:
    """Return the first address of the trust policy's networks, or any address without networks."""
    networks = config.role.conditions.source_ip
    return networks[0].partition("/")[0] if networks else _EXAMPLE_ADDRESSES[0]


def is_untrusted(config: Config, arn: str) -> bool:
    """Whether access.toml trusts neither `arn`, in the role's account, nor its role nor its account."""
    return config.trusted_principal(arn, Arn.parse(arn).account) is None

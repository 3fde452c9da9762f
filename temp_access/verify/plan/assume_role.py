"""Probes of AssumeRole."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network

from temp_access.borrow.session_duration import CHAINED
from temp_access.borrow.session_names import fill_pattern, non_matching_name
from temp_access.config.model import Config, Grant, TrustedPrincipal
from temp_access.config.table import format_duration
from temp_access.deployment.target import Target
from temp_access.iam.arn import Arn
from temp_access.iam.sts_limits import MIN_DURATION
from temp_access.verify.probes import AssumeCall, Identity, Probe, ProbeCaller, TrustCheck

_USER = ProbeCaller(Identity.USER)
_WITH_PRINCIPAL = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}'
)


def baseline_call(config: Config, user_name: str | None = None) -> AssumeCall:
    """Return the shortest AssumeRole call of `user_name` that fulfils all conditions of the trust policy but MFA."""
    asked, user_name = config.role.conditions, user_name or config.user.name
    identity = asked.source_identity and fill_pattern(asked.source_identity, user_name=user_name, filler="verify")
    name = fill_pattern(asked.session_name, user_name=user_name, filler="temp-access-verify")
    return AssumeCall(MIN_DURATION, None, name, source_identity=identity)


@dataclass(frozen=True)
class AssumeRoleProbes:
    """Builds the probes of AssumeRole for one configuration; `deployer_is_stranger` if nothing trusts it."""

    config: Config
    target: Target
    deployer_is_stranger: bool

    def probes(self) -> Iterator[Probe]:
        """Yield all of them."""
        call, longest = baseline_call(self.config), self.config.role.max_session_duration
        yield self._works("default", "AssumeRole without a duration lasts 1h", replace(call, duration=None))
        for seconds in sorted({MIN_DURATION, longest}):
            words = format_duration(seconds)
            yield self._works(f"lasts-{words}", f"AssumeRole for {words}", replace(call, duration=seconds))
        yield from self._durations(call, longest)
        yield from self._policies(call)
        yield from self._conditions(call)
        yield from self._strangers(call)

    def _durations(self, call: AssumeCall, longest: int) -> Iterator[Probe]:
        cause = "the role's maximum session duration isn't what access.toml says; run cdk deploy"
        for seconds, id_ in ((MIN_DURATION - 1, "under-15m"), (longest + 1, "over-the-maximum")):
            title = f"AssumeRole for {seconds} s, {'under 15m' if seconds < longest else 'over the maximum'}"
            yield self._refused(id_, title, replace(call, duration=seconds), cause, ("ValidationError",))
        session = ProbeCaller(Identity.USER_SESSION_TOKEN)
        works = self._works("chained-1h", "AssumeRole for 1h from GetSessionToken credentials", call)
        yield replace(works, caller=session, call=replace(call, duration=CHAINED))
        chained = self._refused(
            "chained-over-1h",
            "AssumeRole for over 1h from GetSessionToken credentials",
            replace(call, duration=CHAINED + 1),
            "the service no longer limits chained sessions to one hour; see the rules of AssumeRole",
            ("ValidationError",),
        )
        yield replace(chained, caller=session)

    def _policies(self, call: AssumeCall) -> Iterator[Probe]:
        cause = "the service took a session policy that it should refuse; what is sent may not be what narrows"
        for id_, title, policy in (
            ("policy-not-json", "a session policy that isn't JSON", "isn't JSON"),
            ("policy-with-principal", "a session policy with a Principal", _WITH_PRINCIPAL),
        ):
            refused = replace(call, policy=policy)
            yield self._refused(id_, title, refused, cause, ("MalformedPolicyDocument",))

    def _conditions(self, call: AssumeCall) -> Iterator[Probe]:
        asked, user_name = self.config.role.conditions, self.config.user.name
        cause = "the trust policy lacks this condition; compare it with the template and run cdk deploy"
        if asked.source_identity:
            without = replace(call, source_identity=None)
            yield self._refused("no-source-identity", "AssumeRole without a source identity", without, cause)
        if asked.session_name and (name := non_matching_name(asked.session_name, user_name=user_name)):
            other = replace(call, session_name=name)
            yield self._refused("session-name", "AssumeRole with a session name of another form", other, cause)
        if asked.mfa:
            probe = self._refused("no-mfa", "AssumeRole without MFA", call, cause)
            yield replace(probe, caller=ProbeCaller(Identity.USER_WITHOUT_MFA))
        if address := _outside(asked.source_ip):
            sent = {"aws:SourceIp": address}
            words = f"from {address}, another network"
            yield self._evaluated("other-network", words, self.target.user_arn, sent, False)
        for index, trusted in enumerate(self.config.role.trusted):
            yield from self._external(index, trusted)

    def _external(self, index: int, trusted: TrustedPrincipal) -> Iterator[Probe]:
        account = trusted.account or self.target.account
        # An account is trusted with its users and roles; a root user may not assume a role.
        resource = "user/anybody" if trusted.resource == "root" else trusted.resource
        arn = f"arn:{self.target.partition}:iam::{account}:{resource}"
        sent = {"sts:ExternalId": trusted.external_id} if trusted.external_id else {}
        nameless = resource.startswith("role/") and self._asks_for_user_name()
        words = f"by {arn}" + (", which has no ${aws:username}" if nameless else "")
        yield self._evaluated(f"trusted-{index}", words, arn, sent, not nameless)
        if trusted.external_id:
            words = f"by {arn}, without the external id"
            yield self._evaluated(f"no-external-id-{index}", words, arn, {}, False)

    def _asks_for_user_name(self) -> bool:
        asked = self.config.role.conditions
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-username
        return any("${aws:username}" in (pattern or "") for pattern in (asked.session_name, asked.source_identity))

    def _evaluated(self, id_: str, words: str, arn: str, context: dict[str, str], allowed: bool) -> Probe:
        call = baseline_call(self.config, arn.rpartition("/")[2])
        full = {
            "aws:SourceIp": _first_address(self.config),
            "aws:MultiFactorAuthPresent": "true",
            "sts:RoleSessionName": call.session_name,
        }
        if call.source_identity:
            full["sts:SourceIdentity"] = call.source_identity
        return Probe(
            id=f"assume/{id_}",
            group="assume",
            title=f"AssumeRole {words} (evaluated on the deployed trust policy, not called)",
            caller=ProbeCaller(Identity.DEPLOYER),
            call=TrustCheck(arn, tuple(sorted((full | context).items()))),
            allowed=allowed,
            cause="the deployed trust policy isn't the template's; run cdk deploy",
        )

    def _strangers(self, call: AssumeCall) -> Iterator[Probe]:
        cause = "the trust policy names more than access.toml does; compare it with the template"
        probe = self._refused("by-the-session", "AssumeRole by a session of the role itself", call, cause)
        yield replace(probe, caller=ProbeCaller(Identity.ROLE))
        if self.deployer_is_stranger:
            words = "AssumeRole by the deployer, whom the trust policy doesn't name"
            probe = self._refused("by-the-deployer", words, call, cause)
            yield replace(probe, caller=ProbeCaller(Identity.DEPLOYER))

    def _works(self, id_: str, title: str, call: AssumeCall) -> Probe:
        return Probe(
            id=f"assume/{id_}",
            group="assume",
            title=title,
            caller=_USER,
            call=call,
            allowed=True,
            cause="the trust policy or the maximum session duration isn't the template's, or something that the "
            "role asks for wasn't sent",
        )

    def _refused(self, id_: str, title: str, call: AssumeCall, cause: str, codes: tuple[str, ...] = ()) -> Probe:
        return replace(self._works(id_, title, call), allowed=False, cause=cause, codes=codes, control=_USER)


def grant_probe(config: Config, grant: Grant, group: str) -> Probe:
    """Return the probe that the grant's session can be had at all."""
    return Probe(
        id=f"{group}/assume",
        group=group,
        title="AssumeRole with the grant's session policy",
        caller=ProbeCaller(Identity.USER, grant),
        call=baseline_call(config),
        allowed=True,
        cause="the session policy is refused, or the role can't be assumed at all (see the group assume)",
    )


def _outside(networks: tuple[str, ...]) -> str | None:
    # Addresses kept for documentation (RFC 5737): nobody calls from them.
    ranges = [ip_network(network, strict=False) for network in networks]
    tried = map(ip_address, ("192.0.2.1", "198.51.100.1", "203.0.113.1") if networks else ())
    return next((str(one) for one in tried if not any(one in each for each in ranges)), None)


def _first_address(config: Config) -> str:
    networks = config.role.conditions.source_ip
    return networks[0].partition("/")[0] if networks else "192.0.2.1"


def is_stranger(config: Config, arn: str) -> bool:
    """Whether the trust policy names neither `arn`, a principal of the role's account, nor its role or account."""
    return config.trusted_principal(arn, Arn.parse(arn).account) is None

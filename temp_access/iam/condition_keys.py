"""The condition keys that requests have without being told, by kind of caller: the one table of them.

Each key's availability: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
The values of principals: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from temp_access.iam.callers import IAM, CallerKind, caller_kind
from temp_access.iam.unknown import UnknownValue

KeyValue = str | tuple[str, ...] | UnknownValue | None
PRESENT, POSSIBLE = UnknownValue.PRESENT, UnknownValue.POSSIBLE
PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
NETWORK_OF_AN_ENDPOINT = tuple(
    f"aws:{name}"
    for name in (
        "sourcevpc",
        "sourcevpcarn",
        "sourcevpce",
        "vpceaccount",
        "vpceorgid",
        "vpceorgpaths",
        "vpcsourceip",
    )
)


EVERYONE = frozenset(CallerKind)
TEMPORARY = frozenset([CallerKind.ROLE, CallerKind.FEDERATED])
_USER, _SERVICE = frozenset([CallerKind.USER]), frozenset([CallerKind.SERVICE])
# They sign as well, with credentials of their own.
_SIGNING = frozenset([CallerKind.SERVICE, CallerKind.CLOUDFRONT])
_LONG_TERM = IAM - TEMPORARY


class RequestFacts(Protocol):
    """What a key's value can follow from; `temp_access.iam.request.Request` has it."""

    @property
    def principal(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def resource_account(self) -> str: ...
    @property
    def role(self) -> str | None: ...
    def given(self, key: str) -> KeyValue: ...
    def value(self, key: str) -> KeyValue: ...


Derive = Callable[[RequestFacts], KeyValue]


@dataclass(frozen=True)
class ConditionKey:
    """A key of the table: which callers' requests always have it, which may have it, and its value if that is known.

    `value` returns what follows from the request, where the request itself doesn't say it. Without `value`, it is
    PRESENT for the callers in `always`, POSSIBLE for those in `sometimes`, and absent for the others. `value` may be
    narrower than the two sets: it takes the call to be direct and a user's credentials to be long-term ones.
    """

    name: str
    anchor: str
    always: frozenset[CallerKind] = frozenset()
    sometimes: frozenset[CallerKind] = frozenset()
    value: Derive | None = None

    @property
    def page(self) -> str:
        """The page of AWS's documentation that states when requests have the key."""
        return self.anchor if self.anchor.startswith("https:") else f"{PAGE}#condition-keys-{self.anchor}"

    def availability(self, kind: CallerKind) -> UnknownValue | None:
        """Return PRESENT, POSSIBLE or None (never there) for all requests of such callers, whatever their value."""
        return PRESENT if kind in self.always else POSSIBLE if kind in self.sometimes else None

    def default(self, facts: RequestFacts) -> KeyValue:
        """Return the value of a request that doesn't say it."""
        return self.value(facts) if self.value else self.availability(caller_kind(facts.principal))


def _principal_arn(facts: RequestFacts) -> KeyValue:
    # All signed requests have it. What it is for services isn't documented; users of identity providers don't sign.
    kind = caller_kind(facts.principal)
    if kind in IAM:
        return facts.role or (facts.principal if facts.principal.startswith("arn:") else PRESENT)
    return POSSIBLE if kind in _SIGNING else None


def _principal_account(facts: RequestFacts) -> KeyValue:
    match caller_kind(facts.principal):
        case CallerKind.ANONYMOUS:
            return "anonymous"
        case CallerKind.CLOUDFRONT:
            return PRESENT
    return facts.account or PRESENT


def _principal_type(facts: RequestFacts) -> KeyValue:
    # The page of the variables says nothing about services and identity providers.
    kind = caller_kind(facts.principal)
    return kind.value if kind in IAM or kind is CallerKind.ANONYMOUS else PRESENT


def _is_service(facts: RequestFacts) -> KeyValue:
    kind = caller_kind(facts.principal)
    if kind is CallerKind.CLOUDFRONT:
        return PRESENT
    return "true" if kind is CallerKind.SERVICE else "false" if kind in IAM else None


def _user_id(facts: RequestFacts) -> KeyValue:
    match caller_kind(facts.principal):
        case CallerKind.ROOT:
            return facts.account or PRESENT
        case CallerKind.USER | CallerKind.ROLE if not facts.principal.startswith("arn:"):
            return facts.principal if facts.principal.startswith("AIDA") or ":" in facts.principal else PRESENT
        case CallerKind.FEDERATED:
            return f"{facts.account}:{facts.principal.rpartition('/')[2]}"
        case CallerKind.ANONYMOUS:
            return "anonymous"
    return PRESENT


def _username(facts: RequestFacts) -> KeyValue:
    if caller_kind(facts.principal) is not CallerKind.USER:
        return None
    return facts.principal.rpartition("/")[2] if facts.principal.startswith("arn:") else PRESENT


def _mfa_present(facts: RequestFacts) -> KeyValue:
    if facts.given("aws:multifactorauthage") is not None:
        return "true"
    return PRESENT if _has_temporary_credentials(facts) else None


def _mfa_age(facts: RequestFacts) -> KeyValue:
    mfa = facts.value("aws:multifactorauthpresent")
    return PRESENT if mfa == "true" else POSSIBLE if mfa in (PRESENT, POSSIBLE) else None


def _token_issue_time(facts: RequestFacts) -> KeyValue:
    given = facts.given("aws:multifactorauthpresent")
    return PRESENT if given is not None or caller_kind(facts.principal) in TEMPORARY else None


def _has_temporary_credentials(facts: RequestFacts) -> bool:
    return caller_kind(facts.principal) in TEMPORARY or facts.given("aws:tokenissuetime") is not None


def _called_via(facts: RequestFacts) -> KeyValue:
    calls = (facts.given(f"aws:calledvia{end}") for end in ("", "first", "last"))
    return "true" if any(call is not None for call in calls) else "false"


def _service_name(facts: RequestFacts) -> KeyValue:
    return facts.principal if caller_kind(facts.principal) is CallerKind.SERVICE else None


def _source_ip(facts: RequestFacts) -> KeyValue:
    return None if any(facts.given(key) is not None for key in NETWORK_OF_AN_ENDPOINT) else POSSIBLE


def _endpoint(facts: RequestFacts) -> KeyValue:
    return None if isinstance(facts.given("aws:sourceip"), str) else POSSIBLE


def _current_time(facts: RequestFacts) -> KeyValue:
    epoch = facts.given("aws:epochtime")
    # Date operators read epoch time as well.
    return epoch if isinstance(epoch, str) else PRESENT


def _resource_account(facts: RequestFacts) -> KeyValue:
    return facts.resource_account or POSSIBLE


def _s3_resource_account(facts: RequestFacts) -> KeyValue:
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    return _resource_account(facts) if facts.action.lower().startswith("s3") else None


def _caller_account(facts: RequestFacts) -> KeyValue:
    return facts.account or None if facts.action.lower().startswith("kms:") else None


def _resource_organization(key: str) -> Derive:
    def derive(facts: RequestFacts) -> KeyValue:
        same = facts.account == facts.resource_account and caller_kind(facts.principal) in IAM
        return facts.value(key) if same else POSSIBLE

    return derive


CONDITION_KEYS = {
    key.name.lower(): key
    for key in (
        ConditionKey("aws:PrincipalArn", "principalarn", IAM, _SIGNING, _principal_arn),
        ConditionKey("aws:PrincipalAccount", "principalaccount", EVERYONE, value=_principal_account),
        ConditionKey("aws:PrincipalType", "principaltype", EVERYONE, value=_principal_type),
        ConditionKey("aws:PrincipalIsAWSService", "principalisawsservice", IAM | _SIGNING, value=_is_service),
        ConditionKey("aws:PrincipalServiceName", "principalservicename", _SERVICE, value=_service_name),
        ConditionKey("aws:PrincipalServiceNamesList", "principalservicenameslist", _SERVICE),
        ConditionKey("aws:PrincipalOrgID", "principalorgid", sometimes=IAM),
        ConditionKey("aws:PrincipalOrgPaths", "principalorgpaths", sometimes=IAM),
        ConditionKey("aws:userid", "userid", EVERYONE, value=_user_id),
        ConditionKey("aws:username", "username", _USER, value=_username),
        ConditionKey("aws:MultiFactorAuthPresent", "multifactorauthpresent", TEMPORARY, _LONG_TERM, _mfa_present),
        ConditionKey("aws:MultiFactorAuthAge", "multifactorauthage", sometimes=IAM, value=_mfa_age),
        ConditionKey("aws:TokenIssueTime", "tokenissuetime", TEMPORARY, _LONG_TERM, _token_issue_time),
        ConditionKey("aws:ViaAWSService", "viaawsservice", EVERYONE, value=_called_via),
        ConditionKey("aws:CurrentTime", "currenttime", EVERYONE, value=_current_time),
        ConditionKey("aws:EpochTime", "epochtime", EVERYONE),
        ConditionKey("aws:SecureTransport", "securetransport", EVERYONE),
        ConditionKey("aws:RequestedRegion", "requestedregion", EVERYONE),
        ConditionKey("aws:UserAgent", "useragent", EVERYONE),
        ConditionKey("aws:SourceIp", "sourceip", sometimes=EVERYONE, value=_source_ip),
        ConditionKey("aws:SourceVpc", "sourcevpc", sometimes=EVERYONE, value=_endpoint),
        ConditionKey("aws:SourceVpcArn", "sourcevpcarn", sometimes=EVERYONE, value=_endpoint),
        ConditionKey("aws:SourceVpce", "sourcevpce", sometimes=EVERYONE, value=_endpoint),
        ConditionKey("aws:VpceAccount", "vpceaccount", sometimes=EVERYONE, value=_endpoint),
        ConditionKey("aws:VpceOrgID", "vpceorgid", sometimes=EVERYONE, value=_endpoint),
        ConditionKey("aws:VpceOrgPaths", "vpceorgpaths", sometimes=EVERYONE, value=_endpoint),
        ConditionKey("aws:VpcSourceIp", "vpcsourceip", sometimes=EVERYONE, value=_endpoint),
        ConditionKey("aws:SourceAccount", "sourceaccount", sometimes=_SERVICE),
        ConditionKey("aws:SourceArn", "sourcearn", sometimes=_SERVICE),
        ConditionKey("aws:SourceOrgID", "sourceorgid", sometimes=_SERVICE),
        ConditionKey("aws:SourceOrgPaths", "sourceorgpaths", sometimes=_SERVICE),
        ConditionKey("aws:ResourceAccount", "resourceaccount", EVERYONE, value=_resource_account),
        ConditionKey("s3:ResourceAccount", "resourceaccount", sometimes=EVERYONE, value=_s3_resource_account),
        ConditionKey(
            "kms:CallerAccount",
            "https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account",
            sometimes=IAM,
            value=_caller_account,
        ),
        ConditionKey(
            "aws:ResourceOrgID", "resourceorgid", sometimes=EVERYONE, value=_resource_organization("aws:principalorgid")
        ),
        ConditionKey(
            "aws:ResourceOrgPaths",
            "resourceorgpaths",
            sometimes=EVERYONE,
            value=_resource_organization("aws:principalorgpaths"),
        ),
    )
}

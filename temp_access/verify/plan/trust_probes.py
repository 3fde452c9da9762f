"""Probes that evaluate the trust policy of a grant's own role: for its borrowers, and for who is nearly one of them."""

from collections.abc import Callable, Iterator

from temp_access.borrow.session_names import non_matching_name
from temp_access.config.borrower import Borrower, BorrowerKind
from temp_access.config.model import Config, Grant
from temp_access.deployment.target import Target
from temp_access.iam.arn import iam_arn
from temp_access.iam.service_principals import sends_source_account
from temp_access.policies.role_names import grant_role_resource
from temp_access.verify.plan.assume_role import (
    address_outside,
    baseline_call,
    first_address,
)
from temp_access.verify.plan.impersonation import subject_matches
from temp_access.verify.probes import Identity, Probe, ProbeCaller, TrustCheck

_WEB_IDENTITY = ("sts:AssumeRoleWithWebIdentity",)
_TAGS_SESSIONS = ("sts:AssumeRole", "sts:TagSession")
_SSO_PATH, _SSO_SUFFIX = "role/aws-reserved/sso.amazonaws.com/", "0123456789abcdef"
_ANOTHER_ACCOUNT = "999999999999"


class TrustProbes:
    """Builds the probes that evaluate the trust policy of a grant's own role."""

    def __init__(self, config: Config, grant: Grant, *, target: Target, group: str) -> None:
        self._config = config
        self._grant = grant
        self._target = target
        self._group = group
        self._role = grant_role_resource(config.role, grant.id)

    def of_borrower(self, number: int, borrower: Borrower) -> Iterator[Probe]:
        """Yield the probe that a borrower, whom nobody here can be, can assume the role."""
        title = f"by {borrower.text}"
        yield self._probe(f"borrower-{number}", title, self._check(borrower), allowed=True)
        if borrower.kind is BorrowerKind.SSO:
            # People of a permission set in us-east-1 have a role without a Region in its path:
            # https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
            check = self._check(borrower, path=_SSO_PATH)
            yield self._probe(f"borrower-{number}-without-region", title, check, allowed=True)

    def near_misses(self) -> Iterator[Probe]:
        """Yield the probes of callers who differ from a borrower in one thing, and of those who fail a condition."""
        # Its own policies allow it everything, so only the trust policy can refuse it.
        anybody = self._user_check("user/temp-access-verify-nobody")
        yield self._probe("anybody", "by another user of the account, whom nobody named", anybody)
        makers: dict[BorrowerKind, Callable[[int, Borrower], Iterator[Probe]]] = {
            BorrowerKind.OIDC: self._of_token,
            BorrowerKind.SSO: self._of_sso,
            BorrowerKind.SERVICE: self._of_service,
        }
        for number, borrower in enumerate(self._grant.borrowers):
            if maker := makers.get(borrower.kind):
                yield from maker(number, borrower)
            elif borrower.external_id:
                check = self._check(borrower, without=("sts:ExternalId",))
                yield self._probe(f"no-external-id-{number}", f"by {borrower.text}, without the external id", check)
        yield from self._conditions()

    def _of_token(self, number: int, borrower: Borrower) -> Iterator[Probe]:
        host = self._config.identity_providers[borrower.name].host
        pattern = str(borrower.detail)
        literal, subject = pattern.partition("*")[0], pattern.replace("*", "x")
        for id_, place in (("other-subject", 0), ("similar-subject", len(literal) - 1)):
            changed = (f"{subject[:place]}{letter}{subject[place + 1 :]}" for letter in "xyz")
            # The grant may name the other subject as well.
            other = next((each for each in changed if not self._names_subject(borrower.name, each)), None)
            if other and place >= 0:
                check = self._check(borrower, {f"{host}:sub": other})
                yield self._probe(f"{id_}-{number}", f"with a token of {borrower.name} for {other}", check)
        audience = {f"{host}:aud": "temp-access-verify-another-audience"}
        title = f"by {borrower.text}, with a token for another audience"
        yield self._probe(f"other-audience-{number}", title, self._check(borrower, audience))

    def _names_subject(self, provider: str, subject: str) -> bool:
        return any(
            each.kind is BorrowerKind.OIDC and each.name == provider and subject_matches(str(each.detail), subject)
            for each in self._grant.borrowers
        )

    def _of_sso(self, number: int, borrower: Borrower) -> Iterator[Probe]:
        named = {each.name: each.detail for each in self._grant.borrowers if each.kind is BorrowerKind.SSO}
        other = f"{borrower.name}_x"
        if other not in named:
            check = self._check(borrower, permission_set=other)
            yield self._probe(f"other-permission-set-{number}", f"with the permission set {other}", check)
        if borrower.detail:
            users = {each.detail for each in self._grant.borrowers if each.name == borrower.name}
            name = next((each for each in (f"x{borrower.detail}", "temp-access-verify") if each not in users), None)
            if name and None not in users:
                check = self._check(borrower, {"aws:userid": f"AROAEXAMPLEEXAMPLE001:{name}"})
                yield self._probe(f"other-person-{number}", f"by {name} with {borrower.name}", check)

    def _of_service(self, number: int, borrower: Borrower) -> Iterator[Probe]:
        if sends_source_account(borrower.name):
            check = self._check(borrower, {"aws:SourceAccount": _ANOTHER_ACCOUNT})
            yield self._probe(f"other-account-{number}", f"by {borrower.text} for another account", check)

    def _conditions(self) -> Iterator[Probe]:
        """Yield the probes of the conditions of `[role.conditions]`, on the first borrower that each holds for."""
        conditions, borrowers = self._config.role.conditions, self._grant.borrowers
        callers = (BorrowerKind.USER, BorrowerKind.ROLE, BorrowerKind.SSO)
        first = next((each for each in borrowers if each.kind in callers), None)
        user = next((each for each in borrowers if each.kind is BorrowerKind.USER), None)
        if conditions.mfa and user:
            check = self._check(user, {"aws:MultiFactorAuthPresent": "false"})
            yield self._probe("no-mfa", f"by {user.text}, without MFA", check)
        if first is None:
            return
        if address := address_outside(conditions.source_ip):
            check = self._check(first, {"aws:SourceIp": address})
            yield self._probe("other-network", f"by {first.text}, from {address}", check)
        if conditions.source_identity:
            check = self._check(first, without=("sts:SourceIdentity",))
            yield self._probe("no-source-identity", f"by {first.text}, without a source identity", check)
        name = conditions.session_name and non_matching_name(conditions.session_name, user_name=_name(first))
        if name:
            check = self._check(first, {"sts:RoleSessionName": name})
            yield self._probe("session-name", f"by {first.text}, with the session name {name}", check)

    def _check(
        self,
        borrower: Borrower,
        context: dict[str, str] | None = None,
        *,
        without: tuple[str, ...] = (),
        permission_set: str | None = None,
        path: str | None = None,
    ) -> TrustCheck:
        """Return the check of a borrower's call, with other values of the keys in `context`."""
        target, account = self._target, borrower.account or self._target.account
        match borrower.kind:
            case BorrowerKind.OIDC:
                provider = self._config.identity_providers[borrower.name]
                arn = iam_arn(target.partition, account, f"oidc-provider/{provider.host}")
                subject = str(borrower.detail).replace("*", "x")
                own = {f"{provider.host}:aud": provider.audience, f"{provider.host}:sub": subject}
                return self._with(arn, own | (context or {}), _WEB_IDENTITY)
            case BorrowerKind.SERVICE:
                own = {"aws:SourceAccount": account} if sends_source_account(borrower.name) else {}
                actions = _TAGS_SESSIONS if borrower.name.startswith("pods.eks.") else ("sts:AssumeRole",)
                return self._with(borrower.name, own | (context or {}), actions)
            case BorrowerKind.SSO:
                place = path or f"{_SSO_PATH}{target.region}/"
                resource = f"{place}AWSReservedSSO_{permission_set or borrower.name}_{_SSO_SUFFIX}"
                own = {"aws:userid": f"AROAEXAMPLEEXAMPLE001:{_name(borrower)}"}
                return self._user_check(resource, account, own | (context or {}), without, name=_name(borrower))
            case _:
                own = {"sts:ExternalId": borrower.external_id} if borrower.external_id else {}
                return self._user_check(borrower.resource, account, own | (context or {}), without)

    def _user_check(
        self,
        resource: str,
        account: str | None = None,
        context: dict[str, str] | None = None,
        without: tuple[str, ...] = (),
        *,
        name: str | None = None,
    ) -> TrustCheck:
        call = baseline_call(self._config, name or resource.rpartition("/")[2])
        keys = {"aws:SourceIp": first_address(self._config), "sts:RoleSessionName": call.session_name}
        if resource.startswith("user/"):
            keys["aws:MultiFactorAuthPresent"] = "true"
        if call.source_identity:
            keys["sts:SourceIdentity"] = call.source_identity
        keys = {key: value for key, value in (keys | (context or {})).items() if key not in without}
        sets_identity = "sts:SourceIdentity" in keys
        actions = ("sts:AssumeRole", "sts:SetSourceIdentity") if sets_identity else ("sts:AssumeRole",)
        return self._with(iam_arn(self._target.partition, account or self._target.account, resource), keys, actions)

    def _with(self, principal: str, context: dict[str, str], actions: tuple[str, ...]) -> TrustCheck:
        return TrustCheck(principal, tuple(sorted(context.items())), self._role, actions)

    def _probe(self, id_: str, title: str, check: TrustCheck, *, allowed: bool = False) -> Probe:
        cause = (
            "the trust policy of the grant's role lacks this borrower, or has a condition that access.toml hasn't"
            if allowed
            else "the trust policy of the grant's role admits more than its borrowers"
        )
        return Probe(
            id=f"{self._group}/assume/{id_}",
            group=self._group,
            title=f"{check.actions[0].partition(':')[2]} {title} (evaluated on the deployed trust policy, not called)",
            caller=ProbeCaller(Identity.DEPLOYER),
            call=check,
            allowed=allowed,
            cause=f"{cause}; compare it with the template and run cdk deploy",
        )


def _name(borrower: Borrower) -> str:
    """Return the name that the borrower's sessions have."""
    if borrower.kind is BorrowerKind.SSO:
        return borrower.detail or "somebody"
    return borrower.name.rpartition("/")[2]

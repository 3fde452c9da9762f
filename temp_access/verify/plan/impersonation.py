"""Who the run can be: the users of access.toml, by keys made for the run, and the holders of tokens handed in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from temp_access.config.borrower import Borrower, BorrowerKind
from temp_access.config.model import Config, Grant
from temp_access.iam.sts_limits import MIN_DURATION
from temp_access.policies.role_names import grant_role_resource
from temp_access.verify.plan.assume_role import baseline_call
from temp_access.verify.probes import AssumeCall, Identity, ProbeCaller

_TOKEN_SESSION = "temp-access-verify"  # noqa: S105 - a session's name


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What a web identity token says of its holder; `provider` is its name in access.toml. STS verifies the rest."""

    provider: str
    subject: str
    audience: str


class Impersonation:
    """The borrowers that the run can be; `tokens` are the claims of the tokens that were handed in, by a label.

    A user can't be one if the roles require MFA, because nobody has a code of a device of its own.
    """

    def __init__(self, config: Config, tokens: Mapping[str, TokenClaims] | None = None) -> None:
        self._config = config
        self.tokens = tokens or {}
        self.people = () if config.role.conditions.mfa else tuple(config.users)
        self._order = {id_: number for number, id_ in enumerate(config.own_role_grants)}
        self._grants_of = config.grants_by_user

    def caller_of(self, borrower: Borrower) -> ProbeCaller | None:
        """Return the credentials of a borrower that the run can be, else None."""
        if borrower.kind is BorrowerKind.USER and borrower.account is None and borrower.name in self.people:
            return ProbeCaller(Identity.PERSON, name=borrower.name)
        labels = (label for label, claims in self.tokens.items() if self._vouches(claims, borrower))
        return next((ProbeCaller(Identity.TOKEN, name=label) for label in labels), None)

    def first(self, grant: Grant) -> ProbeCaller | None:
        """Return the first of the grant's borrowers that the run can be."""
        return next(filter(None, map(self.caller_of, grant.borrowers)), None)

    def others(self, grant: Grant) -> list[ProbeCaller]:
        """Return who must not be able to assume the grant's role: the next user in order, and the other tokens.

        It is one user for each grant, so that the number of probes is linear; over all grants it is each user.
        """
        named = {each.name for each in grant.borrowers if each.kind is BorrowerKind.USER and each.account is None}
        start, count = self._order.get(grant.id, 0) + 1, len(self.people)
        order = (self.people[(start + step) % count] for step in range(count))
        other = next((name for name in order if name not in named), None)
        tokens = [
            ProbeCaller(Identity.TOKEN, name=label)
            for label, claims in self.tokens.items()
            if not any(self._vouches(claims, borrower) for borrower in grant.borrowers)
        ]
        return [*([ProbeCaller(Identity.PERSON, name=other)] if other else []), *tokens]

    def other_grant(self, caller: ProbeCaller) -> Grant | None:
        """Return a grant that the caller is a borrower of."""
        if caller.identity is Identity.PERSON:
            return next(iter(self._grants_of.get(str(caller.name), ())), None)
        claims = self.tokens[str(caller.name)]
        grants = self._config.own_role_grants.values()
        return next((each for each in grants if any(self._vouches(claims, one) for one in each.borrowers)), None)

    def call(self, caller: ProbeCaller, grant: Grant) -> AssumeCall:
        """Return the shortest call that assumes the role of `grant`."""
        role = grant_role_resource(self._config.role, grant.id)
        if caller.identity is Identity.TOKEN:
            return AssumeCall(MIN_DURATION, None, _TOKEN_SESSION, role=role)
        return baseline_call(self._config, caller.name, role=role)

    def _vouches(self, claims: TokenClaims, borrower: Borrower) -> bool:
        if borrower.kind is not BorrowerKind.OIDC or borrower.name != claims.provider:
            return False
        provider = self._config.identity_providers[borrower.name]
        return claims.audience == provider.audience and subject_matches(str(borrower.detail), claims.subject)


def subject_matches(pattern: str, subject: str) -> bool:
    """Whether the subject of a token is one that a borrower's subject, in which `*` is a wildcard, stands for."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), subject, re.DOTALL) is not None

"""The Principal and NotPrincipal elements of resource policies and trust policies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from temp_access.iam.request import Request


class PrincipalMatch(IntEnum):
    """How an Allow names the caller, weakest first; this decides which other layers limit the caller.

    NONE: not at all. ACCOUNT: its account, which delegates to identity policies.
    ROLE: the role of its session; the permissions boundary and the session policy still apply.
    DIRECT: the user, the session, a service or everyone; in the same account no other layer applies.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    """

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECT = 3


@dataclass(frozen=True, slots=True)
class Principals:
    """The principals in a statement: everyone, accounts (as IDs), or ARNs, services and identity providers."""

    matches_all: bool
    accounts: frozenset[str]
    named: frozenset[str]
    negated: bool = False

    def match(self, request: Request) -> PrincipalMatch:
        """Return how these principals name the caller."""
        if self.matches_all or request.principal in self.named:
            return PrincipalMatch.DIRECT
        if not self.named.isdisjoint((request.role,)):
            return PrincipalMatch.ROLE
        return PrincipalMatch.ACCOUNT if request.account in self.accounts else PrincipalMatch.NONE

    def matches(self, request: Request) -> bool:
        """Whether the statement applies to the caller.

        NotPrincipal exempts a caller only if it names each level: the account, a session's role, the caller itself.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        if not self.negated:
            return self.match(request) is not PrincipalMatch.NONE
        if self.matches_all:
            return False
        levels = {request.principal}
        if request.principal.startswith("arn:"):
            levels.add(request.role or request.principal)
            spared_account = request.account in self.accounts
        else:
            spared_account = True
        if request.principal.endswith(":root"):
            return not spared_account
        return not (spared_account and levels <= self.named)

"""The Principal and NotPrincipal elements of resource policies and trust policies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from temp_access.iam.request import Request


class PrincipalMatch(IntEnum):
    """How an Allow names the caller, weakest first; that decides which other layers limit it.

    NONE: not at all. ACCOUNT: its account, which delegates to identity policies.
    ROLE: the role of its session; permissions boundary and session policy still limit.
    DIRECT: the user, the session, a service or everyone; in the same account nothing else limits.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    """

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECT = 3


@dataclass(frozen=True, slots=True)
class Principals:
    """Who a statement names: everyone, accounts (as IDs), or ARNs, services and identity providers."""

    everyone: bool
    accounts: frozenset[str]
    named: frozenset[str]
    negated: bool = False

    def match(self, request: Request) -> PrincipalMatch:
        """How these principals name the caller."""
        if self.everyone or request.principal in self.named:
            return PrincipalMatch.DIRECT
        if not self.named.isdisjoint((request.role,)):
            return PrincipalMatch.ROLE
        return PrincipalMatch.ACCOUNT if request.account in self.accounts else PrincipalMatch.NONE

    def matches(self, request: Request) -> bool:
        """Whether the statement is about the caller.

        NotPrincipal spares a caller only if each level is named: its account, a session's role, itself.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        if not self.negated:
            return self.match(request) is not PrincipalMatch.NONE
        if self.everyone:
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

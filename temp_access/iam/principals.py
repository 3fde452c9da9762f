"""The Principal and NotPrincipal elements of resource policies and trust policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from temp_access.iam.callers import CANONICAL_USER, IAM, PRINCIPAL_ID, CallerKind, caller_account, caller_kind
from temp_access.iam.request import Request
from temp_access.iam.unknown import UnknownOutcome


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
    """The principals in a statement: everyone, accounts (as IDs), or ARNs, services and identity providers.

    `ids` are those that AWS's internal ids name, which `named` has as well: `AIDA…` a user, `AROA…` a role,
    `AROA…:SESSION` a session of a role, 64 hexadecimal digits (a canonical user) an account. AWS writes such an id in
    the place of an ARN whose user or role was deleted. A name that can't be read is an id that may be anybody's.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """

    matches_all: bool
    accounts: frozenset[str]
    named: frozenset[str]
    negated: bool = False
    ids: frozenset[str] = frozenset()

    def match(self, request: Request, favours_caller: Callable[[str], bool] | None = None) -> PrincipalMatch:
        """Return how these principals name the caller.

        Raises UnknownOutcome if an id decides, and the request's aws:userid isn't known, or if an ARN decides, and the
        request has an id in its place; with `favours_caller`, that tells instead whether the name is the caller's.
        """
        if self.matches_all or request.principal in self.named:
            return PrincipalMatch.DIRECT
        match = PrincipalMatch.ACCOUNT if request.account in self.accounts else PrincipalMatch.NONE
        if not self.named.isdisjoint((request.role,)):
            match = PrincipalMatch.ROLE
        for id_ in sorted(self.ids):
            by_id, known = _match_of_id(id_, request)
            if by_id > match:
                if known or (favours_caller and favours_caller(_described(id_))):
                    match = by_id
                elif favours_caller is None:
                    raise UnknownOutcome(_described(id_))
        if not request.principal.startswith("arn:"):
            for by_arn in _matches_of_arns(self.named, request):
                if by_arn > match:
                    name = f"the ARN of {request.principal}"
                    if favours_caller is None:
                        raise UnknownOutcome(name)
                    match = by_arn if favours_caller(name) else match
        return match

    def matches(self, request: Request) -> bool:
        """Whether the statement applies to the caller; raises UnknownOutcome if an id decides.

        NotPrincipal exempts a caller only if it names each level: the account, a session's role, the caller itself.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        if not self.negated:
            by_name = self.ids or not request.principal.startswith("arn:")
            if by_name and self.match(request, lambda _: False) is not PrincipalMatch.NONE:
                return True
            return self.match(request) is not PrincipalMatch.NONE
        return not self.matches_all and self._spares_not(request)

    def _spares_not(self, request: Request) -> bool:
        levels = {request.principal}
        kind = caller_kind(request.principal)
        if kind is CallerKind.CLOUDFRONT or not (kind in IAM or request.principal.startswith("arn:")):
            spared_account = True
        else:
            levels.add(request.role or request.principal)
            spared_account = request.account in self.accounts
        if kind is CallerKind.ROOT:
            spared, levels = spared_account, set()
        else:
            spared = spared_account and levels <= self.named
        for id_ in sorted(self.ids):
            may_spare = spared_account or not PRINCIPAL_ID.fullmatch(id_) or CANONICAL_USER.fullmatch(id_)
            if not spared and may_spare and _match_of_id(id_, request)[0] is not PrincipalMatch.NONE:
                raise UnknownOutcome(_described(id_))
        if not spared and spared_account and any(_matches_of_arns(self.named, request)):
            raise UnknownOutcome(f"the ARN of {request.principal}")
        return not spared


EVERYONE = Principals(matches_all=True, accounts=frozenset(), named=frozenset())


def _described(id_: str) -> str:
    return f"the principal {id_}"


def _match_of_id(id_: str, request: Request) -> tuple[PrincipalMatch, bool]:
    """Return how an id can name the caller at most, and whether it is known that it does."""
    kind = caller_kind(request.principal)
    if not PRINCIPAL_ID.fullmatch(id_):
        return PrincipalMatch.DIRECT, False
    if CANONICAL_USER.fullmatch(id_):
        # An origin access identity has one as well.
        if kind is CallerKind.CLOUDFRONT:
            return PrincipalMatch.DIRECT, False
        other = kind not in IAM or CANONICAL_USER.fullmatch(request.principal)
        return (PrincipalMatch.NONE, True) if other else (PrincipalMatch.ACCOUNT, False)
    if kind not in IAM:
        return PrincipalMatch.NONE, True
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
    role_id, _, session = id_.partition(":")
    is_session = kind is CallerKind.ROLE
    if session and session != _session_name(request.principal):
        return PrincipalMatch.NONE, True
    if (id_.startswith("AROA") and not is_session) or (id_.startswith("AIDA") and kind is not CallerKind.USER):
        return PrincipalMatch.NONE, True
    match = PrincipalMatch.ROLE if is_session and not session else PrincipalMatch.DIRECT
    user_id = request.value("aws:userid")
    if not isinstance(user_id, str):
        return match, False
    known = user_id == id_ or (is_session and not session and user_id.startswith(f"{role_id}:"))
    return (match if known else PrincipalMatch.NONE), True


def _session_name(principal: str) -> str:
    return principal.rpartition("/" if principal.startswith("arn:") else ":")[2]


def _matches_of_arns(named: frozenset[str], request: Request) -> Iterator[PrincipalMatch]:
    """Yield how ARNs can name a caller whose own ARN isn't known, only its id: those of its account and kind."""
    kind = caller_kind(request.principal)
    if kind not in IAM or request.principal.startswith("arn:"):
        return
    for arn in named:
        if caller_kind(arn) is kind and caller_account(arn) == request.account:
            if ":assumed-role/" not in arn:
                yield PrincipalMatch.ROLE if kind is CallerKind.ROLE else PrincipalMatch.DIRECT
            elif arn.rpartition("/")[2] == _session_name(request.principal):
                yield PrincipalMatch.DIRECT

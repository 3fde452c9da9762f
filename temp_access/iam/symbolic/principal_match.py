"""Whether a Principal or NotPrincipal element names the caller, as a formula."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from temp_access.iam.callers import CANONICAL_USER, IAM, PRINCIPAL_ID, CallerKind
from temp_access.iam.principals import PrincipalMatch, Principals
from temp_access.iam.statements import as_list
from temp_access.iam.symbolic.encoder import Encoder, OpenTest
from temp_access.iam.symbolic.solver import Formula, StringTerm

_EVERY_PROVIDER = "* for every identity provider"


@dataclass(frozen=True)
class PrincipalElement:
    """The principals of a statement that allows (`allow`) or denies; with `every_provider`, `Federated: *` is one.

    AIDA…, AROA… and canonical user IDs can be those of the user, the role or the account, and a name that can't be read
    may be anybody's: these tests are open.
    """

    principals: Principals
    allow: bool
    every_provider: bool = False

    @staticmethod
    def of(principals: Principals, body: Mapping[str, object], *, allow: bool) -> "PrincipalElement":
        """Return the principals of a statement as written."""
        written = body.get("NotPrincipal", body.get("Principal"))
        federated = as_list(written.get("Federated")) if isinstance(written, Mapping) else []
        return PrincipalElement(principals, allow, "*" in federated)

    def names_caller(self, encoder: Encoder) -> Formula:
        """Whether the element names the caller itself, or everyone."""
        if self.principals.matches_all:
            return encoder.solver.true
        return self._names(encoder, encoder.caller.principal, PrincipalMatch.DIRECT)

    def names_role(self, encoder: Encoder) -> Formula:
        """Whether the element names the role of the caller's session."""
        role = encoder.caller.role
        return encoder.solver.false if role is None else self._names(encoder, role, PrincipalMatch.ROLE)

    def names_account(self, encoder: Encoder) -> Formula:
        """Whether the element names the caller's account."""
        solver = encoder.solver
        named = solver.one_of(encoder.caller.account, sorted(self.principals.accounts))
        return solver.or_([named, *self._by_id(encoder, PrincipalMatch.ACCOUNT)])

    def matches(self, encoder: Encoder) -> Formula:
        """Whether the element matches the caller, NotPrincipal included."""
        solver, caller, principals = encoder.solver, encoder.caller, self.principals
        if not principals.negated:
            return solver.or_([self.names_caller(encoder), self.names_role(encoder), self.names_account(encoder)])
        if principals.matches_all:
            return solver.false
        account = solver.one_of(caller.account, sorted(principals.accounts)) if caller.has_account else solver.true
        levels = [caller.principal, *([caller.role] if caller.role is not None else [])]
        if caller.kind is CallerKind.ROOT:
            levels = []
        spared = solver.and_([account, *(solver.one_of(level, sorted(principals.named)) for level in levels)])
        others = [self._outcome(encoder, f"NotPrincipal {name}") for name, _ in self._open(encoder)]
        return solver.and_([solver.not_(spared), *others])

    def _names(self, encoder: Encoder, principal: StringTerm, match: PrincipalMatch) -> Formula:
        named = encoder.solver.one_of(principal, sorted(self.principals.named))
        return encoder.solver.or_([named, *self._by_id(encoder, match)])

    def _by_id(self, encoder: Encoder, match: PrincipalMatch) -> Iterator[Formula]:
        yield from (self._outcome(encoder, name) for name, each in self._open(encoder) if each is match)

    def _outcome(self, encoder: Encoder, identity: str) -> Formula:
        name = f"the principal {identity.removeprefix('NotPrincipal ')}"
        return encoder.open_outcome(OpenTest(name, identity), allow=self.allow)

    def _open(self, encoder: Encoder) -> Iterator[tuple[str, PrincipalMatch]]:
        """Yield the names that may be the caller's, each with how it would name the caller."""
        kind = encoder.caller.kind
        if self.every_provider and kind in (CallerKind.PROVIDER, CallerKind.SERVICE):
            yield _EVERY_PROVIDER, PrincipalMatch.DIRECT
        for id_ in sorted(self.principals.ids):
            match = _match_of_id(id_, kind)
            if match is not PrincipalMatch.NONE:
                yield id_, match


def _match_of_id(id_: str, kind: CallerKind) -> PrincipalMatch:
    """Return how an id can name a caller at most."""
    if not PRINCIPAL_ID.fullmatch(id_):
        return PrincipalMatch.DIRECT
    if kind not in IAM:
        return PrincipalMatch.NONE
    if CANONICAL_USER.fullmatch(id_):
        return PrincipalMatch.ACCOUNT
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
    is_session = kind is CallerKind.ROLE
    if (id_.startswith("AROA") and not is_session) or (id_.startswith("AIDA") and kind is not CallerKind.USER):
        return PrincipalMatch.NONE
    return PrincipalMatch.ROLE if is_session and ":" not in id_ else PrincipalMatch.DIRECT

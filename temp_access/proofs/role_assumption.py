"""Queries for who can assume a role."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from temp_access.deployment.effective_policies import EffectivePolicies, PrincipalPolicies, UnknownAs, outsider_policies
from temp_access.deployment.state import RoleState
from temp_access.iam.callers import CallerKind
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.symbolic.queries import Query, QueryFactory, RequestBuilder, Witness
from temp_access.iam.symbolic.solver import Formula, Solver
from temp_access.proofs.assuming_callers import (
    EXTERNAL_ID,
    OWN_PROVIDER,
    SOURCE_ACCOUNT,
    AssumingCaller,
    OfInterest,
    assuming_caller,
    kind_of_caller,
    with_keys,
)
from temp_access.proofs.assuming_words import assuming_in_words, call_in_words
from temp_access.proofs.possible_callers import may_let_in
from temp_access.proofs.role_sessions import role_arn_of, sessions_of

Naming = Callable[[Solver, AssumingCaller], Formula]
_ASSUMES = ("sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml")


@dataclass(frozen=True)
class AssumedRole:
    """A role that somebody may assume, with its name in messages.

    `named` tells whether access.toml names a caller; `interest` are the identity
    providers and the permission sets that it names for the role.
    """

    effective: EffectivePolicies
    role: RoleState
    words: str
    named: Naming
    interest: OfInterest = field(default_factory=OfInterest)

    def policies(self, principal: PrincipalPolicies) -> PolicySet:
        """Return the policies that decide a call of a principal on the role."""
        return self.effective.on(self.role, principal)

    def possible_callers(self) -> Iterator[int]:
        """Yield the numbers of the callers that a principal of the trust policy can be: the others get nowhere."""
        trust, account = self.effective.trust_policy(self.role), self.effective.target.account
        for number in range(self.interest.count):
            kind, is_own = kind_of_caller(number)
            if may_let_in(trust, kind, account, is_own=is_own):
                yield number

    def caller(self, solver: Solver, number: int, *, strangers: bool = False) -> AssumingCaller:
        """Return one of all callers by its number; with `strangers`, people who are named may be left out."""
        interest = self.interest if strangers else replace(self.interest, people={})
        return assuming_caller(solver, self.effective.target, interest, number)


def intruders(role: AssumedRole) -> Iterator[QueryFactory]:
    """Yield any call of STS on the role by somebody whom access.toml doesn't name, whatever its own policies allow."""
    for number in role.possible_callers():
        yield partial(_intruder, role, number)


def _intruder(role: AssumedRole, number: int, solver: Solver, folder: str | None) -> Query:
    who = role.caller(solver, number, strangers=True)
    unnamed = solver.not_(role.named(solver, who))
    return assume_query(
        role, who, solver, outsider_policies(UnknownAs.ALLOW_ALL), (unnamed,), ", and isn't named for it"
    )


def _own_policies(number: int) -> PrincipalPolicies:
    """Return the policies that a caller has of its own, at most: the user of an identity provider has none."""
    return outsider_policies(UnknownAs.ALLOW_NOTHING if number == OWN_PROVIDER else UnknownAs.ALLOW_ALL)


def unasked(role: AssumedRole, trust: PolicySet, what: str) -> Iterator[QueryFactory]:
    """Yield any call on the role that its trust policy allows, and that of `trust` doesn't."""
    for number in role.possible_callers():
        yield partial(_unasked, role, trust, what, number)


def _unasked(role: AssumedRole, trust: PolicySet, what: str, number: int, solver: Solver, folder: str | None) -> Query:
    who, own = role.caller(solver, number), _own_policies(number)
    query = assume_query(role, who, solver, own, (), f" without what {what} asks of it")
    return replace(query, base_policies=lambda folder, permissive: trust)


def admitted(role: AssumedRole, own: PrincipalPolicies, number: int) -> QueryFactory:
    """Return the calls by which a caller whom access.toml names assumes the role, with these policies of its own."""
    return partial(_admitted, role, own, number)


def _admitted(role: AssumedRole, own: PrincipalPolicies, number: int, solver: Solver, folder: str | None) -> Query:
    who = role.caller(solver, number)
    query = assume_query(role, who, solver, own, (role.named(solver, who),), "")
    assumes = solver.one_of(query.request.action, _ASSUMES)
    return replace(query, rules=(*query.rules, assumes), preferences=())


def chained(
    role: AssumedRole, callers: Sequence[RoleState], own: PrincipalPolicies, unknown: frozenset[str] = frozenset()
) -> QueryFactory:
    """Return any call on the role by a session of one of these roles, with these policies of its own."""
    return partial(_chained, role, callers, own, unknown)


def _chained(
    role: AssumedRole,
    callers: Sequence[RoleState],
    own: PrincipalPolicies,
    unknown: frozenset[str],
    solver: Solver,
    folder: str | None,
) -> Query:
    who = with_keys(solver, sessions_of(solver, callers, role.effective.target), role.interest.hosts)
    return assume_query(role, who, solver, own, (), ", and is one of these roles itself", unknown)


def assume_query(
    role: AssumedRole,
    who: AssumingCaller,
    solver: Solver,
    own: PrincipalPolicies,
    rules: Iterable[Formula],
    suffix: str,
    unknown: frozenset[str] = frozenset(),
) -> Query:
    """Return the query for a call of STS on the role; `suffix` ends a witness's description."""
    effective = role.effective
    policies = role.policies(own)
    builder = RequestBuilder(solver, effective.target.bucket_arn)
    request = builder.role(role_arn_of(effective.target, role.role))
    request = replace(request, fixed={**request.fixed, **who.keys}, fits=(*request.fits, *who.fits))

    def describe(witness: Witness) -> str:
        return f"{assuming_in_words(who, witness, policies)} {call_in_words(witness, role.words)}{suffix}"

    return Query(
        policies=lambda folder, permissive: policies,
        caller=who.caller,
        request=request,
        describe=describe,
        unknown=unknown,
        rules=tuple(rules),
        preferences=tuple(_preferences(solver, who, request.is_action(solver, _ASSUMES))),
    )


def _preferences(solver: Solver, who: AssumingCaller, assumes: Formula) -> Iterator[Formula]:
    """Yield formulas that make a witness easier to read, the best first."""
    unsaid = [solver.not_(who.keys[key].present) for key in (EXTERNAL_ID, SOURCE_ACCOUNT)]
    if who.caller.kind is not CallerKind.PROVIDER:
        yield solver.and_([assumes, *unsaid])
        yield assumes
        return
    letters = solver.union([solver.character_range("a", "z"), *map(solver.literal, ":/-.@_")])
    texts = [value for key, value in who.keys.items() if key.endswith((":aud", ":sub"))]
    for most in (12, 48, 255):
        words = solver.repeated(letters, 1, most)
        yield solver.and_([assumes, *(solver.in_language(each.value, words) for each in texts)])
    yield assumes

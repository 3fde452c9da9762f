"""The claims about grants with borrowers: who can assume their roles, and what the sessions of these reach."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from temp_access.config.borrower import Borrower, BorrowerKind
from temp_access.config.model import Config, Grant
from temp_access.deployment.effective_policies import (
    EffectivePolicies,
    PrincipalPolicies,
    UnknownAs,
    outsider_policies,
    parse,
)
from temp_access.iam.callers import CallerKind
from temp_access.iam.decision import Layer
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.policy_json import Document
from temp_access.iam.symbolic.queries import Deadline, Query, QueryFactory, Witness
from temp_access.iam.symbolic.search import search
from temp_access.iam.symbolic.solver import Formula, Solver
from temp_access.policies.borrower_trust import grant_trust_policy
from temp_access.policies.role_names import grant_role_name
from temp_access.policies.trust_policy import trust_policy
from temp_access.proofs.assuming_callers import AssumingCaller, OfInterest
from temp_access.proofs.claim import Claim, ClaimStatus, PendingClaim, decide_claim, pending, with_note
from temp_access.proofs.grant_sessions import GrantSessions, grant_sessions, grants_by_access
from temp_access.proofs.isolation import isolation
from temp_access.proofs.named_principals import is_borrower, is_trusted, is_user
from temp_access.proofs.new_grant_access import new_for_grant_roles, new_for_users
from temp_access.proofs.other_access import bucket_outsiders, by_users
from temp_access.proofs.possible_callers import may_let_in
from temp_access.proofs.role_assumption import AssumedRole, admitted, chained, intruders, unasked
from temp_access.proofs.role_sessions import own_roles
from temp_access.proofs.session_bounds import mode_bound, usefulness
from temp_access.proofs.sessions import ScopedSessions

# Which of all callers a borrower is, of this account and of another one.
_NUMBERS = {
    BorrowerKind.USER: (0, 2),
    BorrowerKind.ROLE: (1, 3),
    BorrowerKind.SERVICE: (4, 4),
    BorrowerKind.OIDC: (6, 6),
    BorrowerKind.SSO: (7, 7),
}
Queries = Callable[[ScopedSessions], Iterable[QueryFactory]]


def grant_session_claims(config: Config, effective: EffectivePolicies) -> Iterator[PendingClaim]:
    """Yield the claims about the sessions of grants' own roles: isolation, mode and usefulness, for each mode."""
    account = effective.target.account
    for access, grants in grants_by_access(config):
        session = f"a session of a {access.mode} grant's own role{access.with_extras}"
        for name, make in (
            (f"isolation: {session} reaches nothing outside its folder, whatever its session policy", isolation),
            (f"mode: {session} can do no more in its folder than its mode allows", mode_bound),
            (f"usefulness: {session} can do everything its mode allows", usefulness),
        ):
            queries = partial(_for_roles, make, partial(grant_sessions, config, effective, access, grants))
            yield pending(name, account, queries)


def _for_roles(make: Queries, sessions: Callable[[], Iterable[GrantSessions]]) -> Iterator[QueryFactory]:
    for each in sessions():
        for query in make(each):
            yield query if each.own_folder is None else partial(_in_folder, query, each.own_folder)


def _in_folder(make: QueryFactory, own_folder: str, solver: Solver, folder: str | None) -> Query:
    return make(solver, own_folder)


def borrower_claims(config: Config, effective: EffectivePolicies) -> Iterator[PendingClaim]:
    """Yield the claims about who can assume the roles of grants, and the role of `[role]`."""
    account, shared = effective.target.account, config.role.name
    grants = list(config.own_role_grants.values())
    only = "borrowers: none but a grant's borrowers can assume its role"
    yield pending(only, account, lambda: _intruders_of_grants(config, effective, grants))
    each = "borrowers: each borrower can assume the role of its grant"
    yield PendingClaim(each, lambda deadline, _: _decide_admission(each, config, effective, grants, deadline))
    chain = "no chain: no session of one of these roles can assume another one"
    yield PendingClaim(chain, partial(_decide_chain, chain, config, effective))
    named = f"borrowers: none but the user and the principals of [role] can assume {shared}"
    yield pending(named, account, lambda: _intruders_of_role(config, effective))


def other_access_claims(config: Config, effective: EffectivePolicies) -> Iterator[PendingClaim]:
    """Yield the claims that the bucket policy and the users' own policies let nobody in."""
    account = effective.target.account
    bucket = "no bypass: the bucket policy lets nobody else reach a folder"
    yield pending(bucket, account, lambda: bucket_outsiders(effective))
    if config.users:
        users = "no bypass: the users of [users] reach a folder through a role only, and change none"
        yield pending(users, account, lambda: by_users(config, effective))


def new_grant_claims(base: EffectivePolicies, head: EffectivePolicies) -> Iterator[PendingClaim]:
    """Yield the claims that grants' roles and the users of `[users]` may do nothing new."""
    account = head.target.account
    yield pending("no new access: the roles of grants", account, lambda: new_for_grant_roles(base, head))
    yield pending("no new access: the users of [users]", account, lambda: new_for_users(base, head))


def who_claim(config: Config, effective: EffectivePolicies, parts: Iterable[PendingClaim]) -> PendingClaim:
    """Return the claim that follows from all of `parts`: who reaches a folder is who access.toml names for it."""
    name = "who: those with a session that reaches a folder are those whom access.toml names for it"
    depends_on = list(parts)
    trusted = [effective.target.user_name, *(each.resource for each in config.role.trusted)]
    brokers = f"the sessions of {config.role.name} can reach all folders, and {' and '.join(trusted)} may narrow them"
    note = brokers if config.accesses else ""

    def decide(deadline: Deadline, only_refute: bool) -> Claim:
        claims = [part.search(deadline, only_refute) for part in depends_on]
        for status in (ClaimStatus.REFUTED, ClaimStatus.UNKNOWN):
            for claim in claims:
                if claim.status is status:
                    because = f"it follows from the claim {claim.name!r}, which is {status.value}"
                    return with_note(Claim(name, status, claim.witness, note=claim.note), because)
        return Claim(name, ClaimStatus.PROVED, note=note)

    return PendingClaim(name, decide)


def decided_once(claim: PendingClaim) -> PendingClaim:
    """Return the claim so that another search for it takes no time."""
    known: dict[bool, Claim] = {}

    def decide(deadline: Deadline, only_refute: bool) -> Claim:
        if only_refute not in known:
            known[only_refute] = claim.search(deadline, only_refute)
        return known[only_refute]

    return PendingClaim(claim.name, decide)


def claims_of_grants(config: Config, effective: EffectivePolicies) -> Iterator[PendingClaim]:
    """Yield all claims about grants with borrowers and users for people; none without them."""
    if not (config.own_role_grants or config.users):
        return
    claims = [
        decided_once(claim)
        for make in (grant_session_claims, borrower_claims, other_access_claims)
        for claim in make(config, effective)
    ]
    yield from claims
    yield who_claim(config, effective, claims)


def _intruders_of_grants(
    config: Config, effective: EffectivePolicies, grants: Iterable[Grant]
) -> Iterator[QueryFactory]:
    for grant in grants:
        role = _grant_role(config, effective, grant)
        if role:
            target = effective.target
            document = grant_trust_policy(grant, config, account=target.account, partition=target.partition)
            yield from _intruders(role, document, f"[grants.{grant.id}]")


def _intruders_of_role(config: Config, effective: EffectivePolicies) -> Iterator[QueryFactory]:
    target = effective.target
    document = trust_policy(config.role, user_arn=target.user_arn, account=target.account, partition=target.partition)
    yield from _intruders(_shared_role(config, effective), document, "[role]")


def _intruders(role: AssumedRole, document: Document, what: str) -> Iterator[QueryFactory]:
    yield from intruders(role)
    if role.role.trust != document:
        own = outsider_policies(UnknownAs.ALLOW_ALL)
        trust = PolicySet(
            identity=own.identity,
            session=own.session,
            resource=parse(document, Layer.TRUST, "trust policy"),
            resource_is_trust_policy=True,
        )
        yield from unasked(role, trust, what)


def _grant_role(
    config: Config, effective: EffectivePolicies, grant: Grant, only: Borrower | None = None
) -> AssumedRole | None:
    """Return the role of a grant, for all of its borrowers or for one; None if the templates don't have it."""
    role = effective.state.grant_roles.get(grant_role_name(config.role.name, grant.id))
    if role is None:
        return None
    borrowers = (only,) if only else grant.borrowers

    def named(solver: Solver, who: AssumingCaller) -> Formula:
        return solver.or_(is_borrower(solver, who, each, config, effective.target) for each in borrowers)

    providers = {each.name for each in borrowers if each.kind is BorrowerKind.OIDC}
    hosts = tuple(sorted(config.identity_providers[name].host for name in providers))
    people: dict[str, list[str | None]] = {}
    for each in borrowers:
        if each.kind is BorrowerKind.SSO:
            people.setdefault(each.name, []).append(each.detail)
    named_people = {name: tuple(filter(None, details)) for name, details in people.items() if all(details)}
    interest = OfInterest(hosts, tuple(sorted(people)), named_people)
    return AssumedRole(effective, role, f"{role.name}, the role of the grant {grant.id}", named, interest)


def _shared_role(config: Config, effective: EffectivePolicies) -> AssumedRole:
    target = effective.target

    def named(solver: Solver, who: AssumingCaller) -> Formula:
        trusted = [is_trusted(solver, who, each, target) for each in config.role.trusted]
        return solver.or_([is_user(solver, who, target.user_arn), *trusted])

    return AssumedRole(effective, effective.state.role, target.role_name, named)


def _decide_admission(
    name: str, config: Config, effective: EffectivePolicies, grants: Iterable[Grant], deadline: Deadline
) -> Claim:
    for grant in grants:
        for borrower in grant.borrowers:
            role = _grant_role(config, effective, grant, borrower)
            if role is None:
                words = f"{grant_role_name(config.role.name, grant.id)}, the role of the grant {grant.id}, isn't there"
                return Claim(name, ClaimStatus.REFUTED, Witness(words, "", "", "", grant.folder))
            number = _NUMBERS[borrower.kind][_is_foreign(effective, borrower)]
            query = admitted(role, _own_policies(effective, borrower), number)
            result = search(query, effective.target.account, deadline, readable=False)
            if result.proved:
                words = f"{borrower.text} can't assume {role.words}"
                return Claim(name, ClaimStatus.REFUTED, Witness(words, "", "", "", grant.folder))
            if result.witness is None:
                return Claim(name, ClaimStatus.UNKNOWN, note=f"{borrower.text}: {result.reason}")
    return Claim(name, ClaimStatus.PROVED)


def _is_foreign(effective: EffectivePolicies, borrower: Borrower) -> bool:
    # Stacks for any account may be deployed in the one that the borrower is of.
    return borrower.account not in (None, effective.target.account)


def _own_policies(effective: EffectivePolicies, borrower: Borrower) -> PrincipalPolicies:
    """Return the policies that a borrower has of its own, at least: nothing is needed where the role names it."""
    is_foreign = _is_foreign(effective, borrower)
    if borrower.kind is BorrowerKind.USER and not is_foreign:
        user = effective.state.users.get(borrower.name)
        return effective.of(user, UnknownAs.ALLOW_NOTHING) if user else outsider_policies(UnknownAs.ALLOW_NOTHING)
    named = borrower.kind is BorrowerKind.ROLE and not is_foreign
    return outsider_policies(UnknownAs.ALLOW_NOTHING if named else UnknownAs.ALLOW_ALL)


def _decide_chain(
    name: str, config: Config, effective: EffectivePolicies, deadline: Deadline, only_refute: bool
) -> Claim:
    account, everything = effective.target.account, outsider_policies(UnknownAs.ALLOW_ALL)
    roles = [_shared_role(config, effective)]
    roles += filter(None, (_grant_role(config, effective, grant) for grant in config.own_role_grants.values()))
    claim = Claim(name, ClaimStatus.PROVED)
    for role in roles:
        for callers in own_roles(effective.state).values():
            # Few trust policies let any of them in: what their own policies allow need not be known.
            query, trust = chained(role, callers, everything), effective.trust_policy(role.role)
            if not may_let_in(trust, CallerKind.ROLE, account, is_own=True):
                continue
            if decide_claim(name, [query], account, deadline).status is ClaimStatus.PROVED:
                continue
            queries = [chained(role, [each], effective.of(each, UnknownAs.ALLOW_NOTHING)) for each in callers]
            found = decide_claim(name, queries, account, deadline, only_refute=only_refute)
            if found.status is ClaimStatus.REFUTED:
                return found
            claim = found if claim.status is ClaimStatus.PROVED else claim
    return claim

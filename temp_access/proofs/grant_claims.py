"""The claims about grants with borrowers: who can assume their roles, and what the sessions of these reach."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from temp_access.config.model import Config
from temp_access.deployment.effective_policies import (
    EffectivePolicies,
)
from temp_access.iam.symbolic.queries import Deadline, Query, QueryFactory
from temp_access.iam.symbolic.solver import Solver
from temp_access.proofs.claim import Claim, ClaimStatus, PendingClaim, pending, with_note
from temp_access.proofs.grant_assumption import decide_admission, decide_chain, decide_intruders, intruders_of_role
from temp_access.proofs.grant_sessions import GrantSessions, grant_sessions, grants_by_access
from temp_access.proofs.isolation import isolation
from temp_access.proofs.new_grant_access import new_for_grant_roles, new_for_users
from temp_access.proofs.other_access import bucket_outsiders, by_users
from temp_access.proofs.session_bounds import mode_bound, usefulness
from temp_access.proofs.sessions import ScopedSessions

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
    only = "borrowers: none but a grant's borrowers can assume its role"
    yield PendingClaim(only, partial(decide_intruders, only, config, effective))
    each = "borrowers: each borrower can assume the role of its grant"
    yield PendingClaim(each, partial(decide_admission, each, config, effective))
    chain = "no chain: no session of one of these roles can assume another one"
    yield PendingClaim(chain, partial(decide_chain, chain, config, effective))
    named = f"borrowers: none but the user and the principals of [role] can assume {shared}"
    yield pending(named, account, lambda: intruders_of_role(config, effective))


def other_access_claims(config: Config, effective: EffectivePolicies) -> Iterator[PendingClaim]:
    """Yield the claims that the bucket policy and the users' own policies let nobody in."""
    account = effective.target.account
    bucket = "no bypass: nobody else reaches a folder by the bucket policy"
    yield pending(bucket, account, lambda: bucket_outsiders(effective))
    if config.users:
        users = "no bypass: the users of [users] reach a folder through a role only, and change none"
        yield pending(users, account, lambda: by_users(config, effective))


def new_grant_claims(base: EffectivePolicies, head: EffectivePolicies) -> Iterator[PendingClaim]:
    """Yield the claims that grants' roles and the users of `[users]` may do nothing new."""
    account = head.target.account
    yield pending("no new access: grants' own roles", account, lambda: new_for_grant_roles(base, head))
    yield pending("no new access: users of [users]", account, lambda: new_for_users(base, head))


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

"""Who can assume the roles of the deployment: none but those whom access.toml names, and each of them."""

import json
from collections.abc import Iterable, Iterator

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
from temp_access.iam.symbolic.queries import Deadline, QueryFactory, Witness
from temp_access.iam.symbolic.search import search
from temp_access.iam.symbolic.solver import Formula, Solver
from temp_access.policies.borrower_trust import grant_trust_policy
from temp_access.policies.role_names import grant_role_name
from temp_access.policies.trust_policy import trust_policy
from temp_access.proofs.assuming_callers import OF_ALL_KINDS, OWN_PROVIDER, AssumingCaller, OfInterest
from temp_access.proofs.claim import Claim, ClaimStatus, decide_claim
from temp_access.proofs.named_principals import is_borrower, is_trusted, is_user
from temp_access.proofs.possible_callers import may_let_in
from temp_access.proofs.role_assumption import AssumedRole, admitted, chained, intruders, unasked
from temp_access.proofs.role_sessions import own_roles

# Which of all callers a borrower is, of this account and of another one.
_NUMBERS = {
    BorrowerKind.USER: (0, 2),
    BorrowerKind.ROLE: (1, 3),
    BorrowerKind.SERVICE: (4, 4),
    BorrowerKind.OIDC: (OWN_PROVIDER, OWN_PROVIDER),
    BorrowerKind.SSO: (OF_ALL_KINDS, OF_ALL_KINDS),
}


def decide_intruders(
    name: str, config: Config, effective: EffectivePolicies, deadline: Deadline, only_refute: bool
) -> Claim:
    """Decide whether none but its borrowers can assume a grant's role; each grant has the time until the deadline."""
    seconds, claim, known = deadline.remaining(), Claim(name, ClaimStatus.PROVED), set[str]()
    account, partition = effective.target.account, effective.target.partition
    for grant in config.own_role_grants.values():
        role = _grant_role(config, effective, grant)
        if role is None or (same := _question(role, grant.borrowers)) in known:
            continue
        document = grant_trust_policy(grant, config, account=account, partition=partition)
        queries = _intruders(role, document, f"[grants.{grant.id}]")
        refutes = only_refute or claim.status is ClaimStatus.UNKNOWN
        found = decide_claim(name, queries, account, Deadline(seconds), only_refute=refutes)
        if found.status is ClaimStatus.REFUTED:
            return found
        claim = found if claim.status is ClaimStatus.PROVED else claim
        known.add(same)
    return claim


def intruders_of_role(config: Config, effective: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield any call of STS on the role of `[role]` by somebody whom access.toml doesn't name for it."""
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


def decide_admission(
    name: str, config: Config, effective: EffectivePolicies, deadline: Deadline, only_refute: bool
) -> Claim:
    """Decide whether each borrower can assume the role of its grant; each grant has the time until the deadline."""
    seconds, claim, known = deadline.remaining(), Claim(name, ClaimStatus.PROVED), set[str]()
    for grant in config.own_role_grants.values():
        limit = Deadline(seconds)
        for borrower in grant.borrowers:
            role = _grant_role(config, effective, grant, borrower)
            if role is None:
                words = f"{grant_role_name(config.role.name, grant.id)}, the role of the grant {grant.id}, isn't there"
                return _refuted(name, words, grant)
            if (same := _question(role, [borrower])) in known:
                continue
            number = _NUMBERS[borrower.kind][_is_foreign(effective, borrower)]
            query = admitted(role, _own_policies(effective, borrower), number)
            result = search(query, effective.target.account, limit, readable=False)
            if result.proved:
                return _refuted(name, f"{borrower.text} can't assume {role.words}", grant)
            if result.witness is None and claim.status is ClaimStatus.PROVED:
                claim = Claim(name, ClaimStatus.UNKNOWN, note=f"{borrower.text}: {result.reason}")
            known.add(same)
    return Claim(name, ClaimStatus.UNKNOWN) if only_refute and claim.status is ClaimStatus.PROVED else claim


def _refuted(name: str, words: str, grant: Grant) -> Claim:
    return Claim(name, ClaimStatus.REFUTED, Witness(words, "", "", "", grant.folder))


def _question(role: AssumedRole, borrowers: Iterable[Borrower]) -> str:
    """Return what an answer depends on: for another role with the same, it is the same."""
    named = sorted(repr((*each.identity, each.external_id)) for each in borrowers)
    return json.dumps([role.role.trust, named], sort_keys=True, default=repr)


def _is_foreign(effective: EffectivePolicies, borrower: Borrower) -> bool:
    # Stacks for any account may be deployed in the one that the borrower is of.
    return borrower.account not in (None, effective.target.account)


def _own_policies(effective: EffectivePolicies, borrower: Borrower) -> PrincipalPolicies:
    """Return the policies that a borrower has of its own, at least: nothing is needed where the role names it."""
    is_foreign = _is_foreign(effective, borrower)
    if borrower.kind is BorrowerKind.USER and not is_foreign:
        user = effective.state.users.get(borrower.name)
        return effective.of(user, UnknownAs.ALLOW_NOTHING) if user else outsider_policies(UnknownAs.ALLOW_NOTHING)
    named = borrower.kind is BorrowerKind.OIDC or (borrower.kind is BorrowerKind.ROLE and not is_foreign)
    return outsider_policies(UnknownAs.ALLOW_NOTHING if named else UnknownAs.ALLOW_ALL)


def decide_chain(
    name: str, config: Config, effective: EffectivePolicies, deadline: Deadline, only_refute: bool
) -> Claim:
    """Decide whether no session of one of the deployment's roles can assume one of them."""
    account, everything = effective.target.account, outsider_policies(UnknownAs.ALLOW_ALL)
    roles = [_shared_role(config, effective)]
    roles += filter(None, (_grant_role(config, effective, grant) for grant in config.own_role_grants.values()))
    claim = Claim(name, ClaimStatus.PROVED)
    for role in roles:
        for alike in own_roles(effective.state).values():
            callers = [each for each in alike if each.name != role.role.name]
            # Few trust policies let any of them in: what their own policies allow need not be known.
            trust = effective.trust_policy(role.role)
            if not callers or not may_let_in(trust, CallerKind.ROLE, account, is_own=True):
                continue
            query = chained(role, callers, everything)
            if decide_claim(name, [query], account, deadline).status is ClaimStatus.PROVED:
                continue
            queries = [
                chained(role, [each], effective.of(each, UnknownAs.ALLOW_NOTHING), effective.unknown(each).policy_names)
                for each in callers
            ]
            found = decide_claim(name, queries, account, deadline, only_refute=only_refute)
            if found.status is ClaimStatus.REFUTED:
                return found
            claim = found if claim.status is ClaimStatus.PROVED else claim
    return claim

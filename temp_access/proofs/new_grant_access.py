"""Queries for what grants' roles and the users for people may do, and didn't in the base templates."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from temp_access.deployment.effective_policies import EffectivePolicies, PrincipalPolicies, UnknownAs, outsider_policies
from temp_access.deployment.state import RoleState
from temp_access.iam.aws_managed import ALLOW_NOTHING
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.symbolic.queries import Query, QueryFactory
from temp_access.iam.symbolic.solver import Solver
from temp_access.proofs.any_request import SymbolicPrincipal, forbid_any_request
from temp_access.proofs.assuming_callers import OWN_PROVIDER
from temp_access.proofs.other_access import user_principal
from temp_access.proofs.role_assumption import AssumedRole, assume_query
from temp_access.proofs.role_sessions import role_arn_of, sessions_of
from temp_access.proofs.sessions import ResourceType, policies_on

_SUFFIX = ", which the base templates don't allow"


def new_for_grant_roles(base: EffectivePolicies, head: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield who can newly assume the role of a grant, and what its sessions may newly do."""
    same_bucket = _bucket(base) == _bucket(head)
    for name, role in head.state.grant_roles.items():
        before = base.state.grant_roles.get(name)
        if before and role_arn_of(base.target, before) != role_arn_of(head.target, role):
            before = None
        if before is None or before.trust != role.trust:
            yield from _new_assumptions(base, head, role, before)
        if before is None or not same_bucket or before.permissions != role.permissions:
            principal = _session(head, role)
            earlier = _session(base, before) if before else _nothing(base, principal)
            kinds = (ResourceType.OBJECT, ResourceType.BUCKET, ResourceType.OTHER)
            yield from forbid_any_request(head, principal, kinds, _SUFFIX, earlier)


def _bucket(effective: EffectivePolicies) -> Mapping[str, object]:
    return {"policy": effective.state.bucket.policy, "name": effective.target.bucket}


def _session(effective: EffectivePolicies, role: RoleState) -> SymbolicPrincipal:
    return SymbolicPrincipal(
        f"a session of {role.name}",
        lambda solver: sessions_of(solver, [role], effective.target),
        effective.unknown(role).policy_names,
        lambda resource_type, unknown_as: policies_on(effective, resource_type, effective.of(role, unknown_as)),
    )


def _nothing(base: EffectivePolicies, principal: SymbolicPrincipal) -> SymbolicPrincipal:
    """Return the principal before it existed: nothing was allowed to it."""
    return replace(
        principal,
        unknown=frozenset(),
        policies=lambda resource_type, _: policies_on(base, ResourceType.OTHER, PrincipalPolicies()),
    )


def _new_assumptions(
    base: EffectivePolicies, head: EffectivePolicies, role: RoleState, before: RoleState | None
) -> Iterator[QueryFactory]:
    assumed = AssumedRole(head, role, role.name, lambda solver, who: solver.false)
    # As for other callers: their own policies allow everything or nothing, or their session policy allows nothing.
    everything, nothing = (outsider_policies(each) for each in (UnknownAs.ALLOW_ALL, UnknownAs.ALLOW_NOTHING))
    for own in (everything, nothing, everything.narrowed(ALLOW_NOTHING)):
        earlier = base.on(before, own) if before else PolicySet(resource_is_trust_policy=True)
        # The user of an identity provider has no policies.
        numbers = range(assumed.interest.count) if own is nothing else _with_policies(assumed)
        for number in numbers:
            yield partial(_new_assumption, assumed, own, earlier, number)


def _with_policies(role: AssumedRole) -> list[int]:
    return [number for number in range(role.interest.count) if number != OWN_PROVIDER]


def _new_assumption(
    role: AssumedRole, own: PrincipalPolicies, earlier: PolicySet, number: int, solver: Solver, folder: str | None
) -> Query:
    query = assume_query(role, role.caller(solver, number), solver, own, (), _SUFFIX)
    return replace(query, base_policies=lambda folder, permissive: earlier)


def new_for_users(base: EffectivePolicies, head: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield what a user of `[users]` may newly do by itself; whose roles it may assume, their trust policies say."""
    for name, user in head.state.users.items():
        before = base.state.users.get(name)
        if before and before == user and _bucket(base) == _bucket(head):
            continue
        same_arn = base.target.arn(f"user/{name}") == head.target.arn(f"user/{name}")
        principal = user_principal(head, user)
        earlier = user_principal(base, before) if before and same_arn else _nothing(base, principal)
        yield from forbid_any_request(head, principal, ResourceType, _SUFFIX, earlier)

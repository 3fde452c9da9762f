"""Queries for what the templates allow and the base templates didn't allow."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from temp_access.deployment.effective_policies import EffectivePolicies, PrincipalPolicies, UnknownAs, outsider_policies
from temp_access.iam.symbolic.callers import arbitrary_callers, one_user, role_session
from temp_access.iam.symbolic.queries import QueryFactory
from temp_access.iam.symbolic.solver import Solver
from temp_access.proofs.any_request import SymbolicPrincipal, forbid_any_request
from temp_access.proofs.no_bypass import scoped_principal
from temp_access.proofs.sessions import ResourceType, ScopedSessions, policies_on

_SUFFIX = ", which the base templates don't allow"


def new_for_user(base: EffectivePolicies, head: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield what is new for the user."""
    yield from forbid_any_request(head, _user(head, head), ResourceType, _SUFFIX, _user(base, head))


def new_for_role(base: EffectivePolicies, head: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield what is new for a session of the role without a session policy."""
    yield from forbid_any_request(head, _role(head, head), ResourceType, _SUFFIX, _role(base, head))


def new_for_sessions(base: EffectivePolicies, modes: Iterable[ScopedSessions]) -> Iterator[QueryFactory]:
    """Yield what is new for a scoped session, with the same session policy."""
    for sessions in modes:
        head = sessions.effective
        # The base templates have a bucket of their own; the session policy that is sent names today's.
        base_target = replace(base.target, bucket=head.target.bucket)
        base_sessions = replace(sessions, effective=replace(base, target=base_target))
        same_role = base.target.role_arn == head.target.role_arn
        yield from forbid_any_request(
            head,
            scoped_principal(head, sessions),
            ResourceType,
            _SUFFIX,
            scoped_principal(base, base_sessions) if same_role else _absent(base),
        )


def new_for_outsiders(base: EffectivePolicies, head: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield what is new for any other caller, whose own policies are taken to allow everything."""
    resource_types = (ResourceType.OBJECT, ResourceType.BUCKET, ResourceType.ROLE)
    for number in range(len(list(arbitrary_callers(Solver(), head.target.account, head.target.partition)))):
        yield from forbid_any_request(head, _outsider(head, number), resource_types, _SUFFIX, _outsider(base, number))


def _user(effective: EffectivePolicies, head: EffectivePolicies) -> SymbolicPrincipal:
    if effective.target.user_arn != head.target.user_arn:
        return _absent(effective)
    return SymbolicPrincipal(
        "the user",
        lambda solver: one_user(solver, effective.target.user_arn, effective.target.account),
        effective.unknown_names,
        lambda resource_type, unknown_as: policies_on(
            effective, resource_type, effective.of(effective.state.user, unknown_as)
        ),
    )


def _role(effective: EffectivePolicies, head: EffectivePolicies) -> SymbolicPrincipal:
    if effective.target.role_arn != head.target.role_arn:
        return _absent(effective)
    return SymbolicPrincipal(
        "a session of the role",
        lambda solver: role_session(solver, effective.target.role_arn, effective.target.account),
        effective.unknown_names,
        lambda resource_type, unknown_as: policies_on(
            effective, resource_type, effective.of(effective.state.role, unknown_as)
        ),
    )


def _outsider(effective: EffectivePolicies, number: int) -> SymbolicPrincipal:
    return SymbolicPrincipal(
        "a caller whose own policies allow everything",
        lambda solver: list(arbitrary_callers(solver, effective.target.account, effective.target.partition))[number],
        effective.unknown_names,
        lambda resource_type, _: policies_on(effective, resource_type, outsider_policies(UnknownAs.ALLOW_ALL)),
    )


def _absent(effective: EffectivePolicies) -> SymbolicPrincipal:
    """Return a principal that the templates don't create, so that nothing is allowed to it."""
    return SymbolicPrincipal(
        "an absent principal",
        lambda solver: one_user(solver, effective.target.user_arn, effective.target.account),
        effective.unknown_names,
        lambda resource_type, _: policies_on(effective, resource_type, PrincipalPolicies()),
    )

"""Nothing is allowed to anybody that wasn't allowed by an earlier set of templates."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from temp_access.deployment.effective_policies import EffectivePolicies, PrincipalPolicies, UnknownAs, outsider_policies
from temp_access.iam.symbolic.callers import arbitrary_callers, one_user, role_session
from temp_access.iam.symbolic.queries import QueryFactory
from temp_access.iam.symbolic.solver import Solver
from temp_access.proofs.any_request import BUCKET, ELSEWHERE, OBJECTS, ROLE, SymbolicPrincipal, forbid_any_request
from temp_access.proofs.no_bypass import narrowed
from temp_access.proofs.sessions import ScopedSessions, policies_on

_THINGS = (OBJECTS, BUCKET, ROLE, ELSEWHERE)
_NEW = ", and might not before"


def new_for_user(base: EffectivePolicies, head: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield what the user may do, and might not before."""
    yield from forbid_any_request(head, _user(head, head), _THINGS, _NEW, _user(base, head))


def new_for_role(base: EffectivePolicies, head: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield what a session of the role without a session policy may do, and might not before."""
    yield from forbid_any_request(head, _role(head, head), _THINGS, _NEW, _role(base, head))


def new_for_sessions(base: EffectivePolicies, modes: Iterable[ScopedSessions]) -> Iterator[QueryFactory]:
    """Yield what a narrowed session may do, and might not before with the same session policy."""
    for sessions in modes:
        head = sessions.world
        # The bucket of the earlier templates is theirs; the session policy that is sent names today's.
        earlier = replace(sessions, world=replace(base, target=replace(base.target, bucket=head.target.bucket)))
        before = narrowed(base, earlier) if base.target.role_arn == head.target.role_arn else _nobody(base)
        yield from forbid_any_request(head, narrowed(head, sessions), _THINGS, _NEW, before)


def new_for_strangers(base: EffectivePolicies, head: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield what anybody else may do whose own policies allow everything, and might not before."""
    for number in range(len(list(arbitrary_callers(Solver(), head.target.account, head.target.partition)))):
        yield from forbid_any_request(
            head, _stranger(head, number), (OBJECTS, BUCKET, ROLE), _NEW, _stranger(base, number)
        )


def _user(world: EffectivePolicies, head: EffectivePolicies) -> SymbolicPrincipal:
    if world.target.user_arn != head.target.user_arn:
        return _nobody(world)
    return SymbolicPrincipal(
        "the user",
        lambda logic: one_user(logic, world.target.user_arn, world.target.account),
        world.unknown_names,
        lambda on, otherwise: policies_on(world, on, world.of(world.state.user, otherwise)),
    )


def _role(world: EffectivePolicies, head: EffectivePolicies) -> SymbolicPrincipal:
    if world.target.role_arn != head.target.role_arn:
        return _nobody(world)
    return SymbolicPrincipal(
        "a session of the role",
        lambda logic: role_session(logic, world.target.role_arn, world.target.account),
        world.unknown_names,
        lambda on, otherwise: policies_on(world, on, world.of(world.state.role, otherwise)),
    )


def _stranger(world: EffectivePolicies, number: int) -> SymbolicPrincipal:
    return SymbolicPrincipal(
        "somebody whose own policies allow everything",
        lambda logic: list(arbitrary_callers(logic, world.target.account, world.target.partition))[number],
        world.unknown_names,
        lambda on, otherwise: policies_on(world, on, outsider_policies(UnknownAs.ALLOW_ALL)),
    )


def _nobody(world: EffectivePolicies) -> SymbolicPrincipal:
    return SymbolicPrincipal(
        "nobody",
        lambda logic: one_user(logic, world.target.user_arn, world.target.account),
        world.unknown_names,
        lambda on, otherwise: policies_on(world, on, PrincipalPolicies()),
    )

"""Nothing is allowed to anybody that wasn't allowed by an earlier set of templates."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from temp_access.deployment.effective_policies import World
from temp_access.iam.symbolic.callers import arbitrary_callers, one_user, role_session
from temp_access.iam.symbolic.queries import QueryFactory
from temp_access.iam.symbolic.solver import Solver
from temp_access.proofs.any_request import BUCKET, ELSEWHERE, OBJECTS, ROLE, SymbolicPrincipal, forbid_any_request
from temp_access.proofs.no_bypass import narrowed
from temp_access.proofs.sessions import ScopedSessions

_THINGS = (OBJECTS, BUCKET, ROLE, ELSEWHERE)
_NEW = ", and might not before"


def new_for_user(base: World, head: World) -> Iterator[QueryFactory]:
    """Yield what the user may do, and might not before."""
    yield from forbid_any_request(head, _user(head, head), _THINGS, _NEW, _user(base, head))


def new_for_role(base: World, head: World) -> Iterator[QueryFactory]:
    """Yield what a session of the role without a session policy may do, and might not before."""
    yield from forbid_any_request(head, _role(head, head), _THINGS, _NEW, _role(base, head))


def new_for_sessions(base: World, modes: Iterable[ScopedSessions]) -> Iterator[QueryFactory]:
    """Yield what a narrowed session may do, and might not before with the same session policy."""
    for sessions in modes:
        head = sessions.world
        # The bucket of the earlier templates is theirs; the session policy that is sent names today's.
        earlier = replace(sessions, world=replace(base, bucket=head.bucket))
        before = narrowed(base, earlier) if base.role_arn == head.role_arn else _nobody(base)
        yield from forbid_any_request(head, narrowed(head, sessions), _THINGS, _NEW, before)


def new_for_strangers(base: World, head: World) -> Iterator[QueryFactory]:
    """Yield what anybody else may do whose own policies allow everything, and might not before."""
    for number in range(len(list(arbitrary_callers(Solver(), head.account, head.partition)))):
        yield from forbid_any_request(
            head, _stranger(head, number), (OBJECTS, BUCKET, ROLE), _NEW, _stranger(base, number)
        )


def _user(world: World, head: World) -> SymbolicPrincipal:
    if world.user_arn != head.user_arn:
        return _nobody(world)
    return SymbolicPrincipal(
        "the user",
        lambda logic: one_user(logic, world.user_arn, world.account),
        world.unknown,
        lambda on, otherwise: world.for_user(unknown_as=otherwise, on=on),
    )


def _role(world: World, head: World) -> SymbolicPrincipal:
    if world.role_arn != head.role_arn:
        return _nobody(world)
    return SymbolicPrincipal(
        "a session of the role",
        lambda logic: role_session(logic, world.role_arn, world.account),
        world.unknown,
        lambda on, otherwise: world.for_role(None, unknown_as=otherwise, on=on),
    )


def _stranger(world: World, number: int) -> SymbolicPrincipal:
    return SymbolicPrincipal(
        "somebody whose own policies allow everything",
        lambda logic: list(arbitrary_callers(logic, world.account, world.partition))[number],
        world.unknown,
        lambda on, otherwise: world.for_outsider(unknown_as=otherwise, on=on),
    )


def _nobody(world: World) -> SymbolicPrincipal:
    return SymbolicPrincipal(
        "nobody",
        lambda logic: one_user(logic, world.user_arn, world.account),
        world.unknown,
        lambda on, otherwise: world.for_anonymous(on=on),
    )

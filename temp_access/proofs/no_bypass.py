"""No bucket or trust policy gives a session what its session policy doesn't."""

from collections.abc import Iterable, Iterator

from temp_access.deployment.effective_policies import World
from temp_access.iam.aws_managed import ALLOW_NOTHING
from temp_access.iam.symbolic.callers import anonymous, role_session
from temp_access.iam.symbolic.queries import QueryFactory
from temp_access.proofs.any_request import BUCKET, OBJECTS, ROLE, SymbolicPrincipal, forbid_any_request
from temp_access.proofs.sessions import ScopedSessions


def bucket_bypass(world: World) -> Iterator[QueryFactory]:
    """Yield what neither a session that may do nothing, nor anybody without credentials, may do in the bucket."""
    nobody = SymbolicPrincipal(
        "anybody without credentials",
        lambda logic: anonymous(logic, world.account),
        world.unknown,
        lambda on, otherwise: world.for_outsider(unknown_as=otherwise, on=on),
    )
    for who in (_powerless(world), nobody):
        yield from forbid_any_request(world, who, (OBJECTS, BUCKET), ": the bucket policy lets it")


def role_bypass(world: World, modes: Iterable[ScopedSessions]) -> Iterator[QueryFactory]:
    """Yield that no session may assume the role again, and so shed its session policy."""
    because = ": the role could be assumed again, without a session policy"
    yield from forbid_any_request(world, _powerless(world), (ROLE,), because)
    for sessions in modes:
        yield from forbid_any_request(world, narrowed(world, sessions), (ROLE,), because)


def narrowed(world: World, sessions: ScopedSessions) -> SymbolicPrincipal:
    """Return the sessions of one mode."""
    return SymbolicPrincipal(
        sessions.words,
        lambda logic: role_session(logic, world.role_arn, world.account),
        world.unknown,
        narrowed=lambda on: sessions.layers(on=on),
    )


def _powerless(world: World) -> SymbolicPrincipal:
    return SymbolicPrincipal(
        "a session whose session policy allows nothing",
        lambda logic: role_session(logic, world.role_arn, world.account),
        world.unknown,
        lambda on, otherwise: world.for_role(ALLOW_NOTHING, unknown_as=otherwise, on=on),
    )

"""No bucket or trust policy gives a session what its session policy doesn't."""

from collections.abc import Iterable, Iterator

from temp_access.policy.extremes import NOTHING
from temp_access.policy.prove.anything import BUCKET, OBJECTS, ROLE, Who, nothing_allowed
from temp_access.policy.prove.callers import anonymous, role_session
from temp_access.policy.prove.problem import Make
from temp_access.policy.prove.sessions import Sessions
from temp_access.policy.prove.world import World


def round_the_bucket(world: World) -> Iterator[Make]:
    """Yield what neither a session that may do nothing, nor anybody without credentials, may do in the bucket."""
    nobody = Who(
        "anybody without credentials",
        lambda logic: anonymous(logic, world.account),
        world.unknown,
        lambda on, otherwise: world.of_stranger(otherwise=otherwise, on=on),
    )
    for who in (_powerless(world), nobody):
        yield from nothing_allowed(world, who, (OBJECTS, BUCKET), ": the bucket policy lets it")


def round_the_role(world: World, modes: Iterable[Sessions]) -> Iterator[Make]:
    """Yield that no session may assume the role again, and so shed its session policy."""
    because = ": the role could be assumed again, without a session policy"
    yield from nothing_allowed(world, _powerless(world), (ROLE,), because)
    for sessions in modes:
        yield from nothing_allowed(world, narrowed(world, sessions), (ROLE,), because)


def narrowed(world: World, sessions: Sessions) -> Who:
    """Return the sessions of one mode."""
    return Who(
        sessions.words,
        lambda logic: role_session(logic, world.role_arn, world.account),
        world.unknown,
        narrowed=lambda on: sessions.layers(on=on),
    )


def _powerless(world: World) -> Who:
    return Who(
        "a session whose session policy allows nothing",
        lambda logic: role_session(logic, world.role_arn, world.account),
        world.unknown,
        lambda on, otherwise: world.of_role(NOTHING, otherwise=otherwise, on=on),
    )

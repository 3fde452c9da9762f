"""No bucket or trust policy gives a session what its session policy doesn't."""

from collections.abc import Iterable, Iterator

from temp_access.deployment.effective_policies import EffectivePolicies, UnknownAs, outsider_policies
from temp_access.iam.aws_managed import ALLOW_NOTHING
from temp_access.iam.symbolic.callers import anonymous, role_session
from temp_access.iam.symbolic.queries import QueryFactory
from temp_access.proofs.any_request import BUCKET, OBJECTS, ROLE, SymbolicPrincipal, forbid_any_request
from temp_access.proofs.sessions import ScopedSessions, policies_on


def bucket_bypass(world: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield what neither a session that may do nothing, nor anybody without credentials, may do in the bucket."""
    nobody = SymbolicPrincipal(
        "anybody without credentials",
        lambda logic: anonymous(logic, world.target.account),
        world.unknown_names,
        lambda on, otherwise: policies_on(world, on, outsider_policies(UnknownAs.ALLOW_ALL)),
    )
    for who in (_powerless(world), nobody):
        yield from forbid_any_request(world, who, (OBJECTS, BUCKET), ": the bucket policy lets it")


def role_bypass(world: EffectivePolicies, modes: Iterable[ScopedSessions]) -> Iterator[QueryFactory]:
    """Yield that no session may assume the role again, and so shed its session policy."""
    because = ": the role could be assumed again, without a session policy"
    yield from forbid_any_request(world, _powerless(world), (ROLE,), because)
    for sessions in modes:
        yield from forbid_any_request(world, narrowed(world, sessions), (ROLE,), because)


def narrowed(world: EffectivePolicies, sessions: ScopedSessions) -> SymbolicPrincipal:
    """Return the sessions of one mode."""
    return SymbolicPrincipal(
        sessions.words,
        lambda logic: role_session(logic, world.target.role_arn, world.target.account),
        world.unknown_names,
        narrowed=lambda on: sessions.layers(on=on),
    )


def _powerless(world: EffectivePolicies) -> SymbolicPrincipal:
    return SymbolicPrincipal(
        "a session whose session policy allows nothing",
        lambda logic: role_session(logic, world.target.role_arn, world.target.account),
        world.unknown_names,
        lambda on, otherwise: policies_on(world, on, world.of(world.state.role, otherwise).narrowed(ALLOW_NOTHING)),
    )

"""Queries for what a bucket policy or trust policy gives a session beyond its session policy."""

from collections.abc import Iterable, Iterator

from temp_access.deployment.effective_policies import EffectivePolicies, UnknownAs, outsider_policies
from temp_access.iam.aws_managed import ALLOW_NOTHING
from temp_access.iam.symbolic.callers import anonymous, role_session
from temp_access.iam.symbolic.queries import QueryFactory
from temp_access.proofs.any_request import SymbolicPrincipal, forbid_any_request
from temp_access.proofs.sessions import ResourceType, ScopedSessions, policies_on


def bucket_bypass(effective: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield any request on the bucket by an anonymous caller, or by a session whose session policy allows nothing."""
    anonymous_caller = SymbolicPrincipal(
        "an anonymous caller",
        lambda solver: anonymous(solver, effective.target.account),
        effective.unknown_names,
        lambda resource_type, _: policies_on(effective, resource_type, outsider_policies(UnknownAs.ALLOW_ALL)),
    )
    for principal in (_powerless(effective), anonymous_caller):
        yield from forbid_any_request(
            effective,
            principal,
            (ResourceType.OBJECT, ResourceType.BUCKET),
            ": the bucket policy allows it",
        )


def role_bypass(effective: EffectivePolicies, modes: Iterable[ScopedSessions]) -> Iterator[QueryFactory]:
    """Yield any request by which a session assumes the role again, and so drops its session policy."""
    suffix = ": the session can assume the role again, without a session policy"
    yield from forbid_any_request(effective, _powerless(effective), (ResourceType.ROLE,), suffix)
    for sessions in modes:
        yield from forbid_any_request(effective, scoped_principal(effective, sessions), (ResourceType.ROLE,), suffix)


def scoped_principal(effective: EffectivePolicies, sessions: ScopedSessions) -> SymbolicPrincipal:
    """Return the sessions of one mode as a principal."""
    return SymbolicPrincipal(
        sessions.description,
        lambda solver: role_session(solver, effective.target.role_arn, effective.target.account),
        effective.unknown_names,
        scoped_policies=sessions.policies,
    )


def _powerless(effective: EffectivePolicies) -> SymbolicPrincipal:
    return SymbolicPrincipal(
        "a session whose session policy allows nothing",
        lambda solver: role_session(solver, effective.target.role_arn, effective.target.account),
        effective.unknown_names,
        lambda resource_type, unknown_as: policies_on(
            effective, resource_type, effective.of(effective.state.role, unknown_as).narrowed(ALLOW_NOTHING)
        ),
    )

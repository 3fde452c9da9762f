"""Queries for what the templates allow and the base templates didn't allow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from temp_access.deployment.effective_policies import EffectivePolicies, PrincipalPolicies, UnknownAs, outsider_policies
from temp_access.iam.callers import CallerKind
from temp_access.iam.decision import Layer
from temp_access.iam.symbolic.callers import SymbolicCaller, arbitrary_callers, one_user, role_session
from temp_access.iam.symbolic.queries import Query, QueryFactory
from temp_access.iam.symbolic.solver import NotEncodableError, Solver
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


@dataclass(frozen=True)
class _OwnPolicies:
    """What the policies of a caller outside the deployment are taken to allow."""

    description: str
    identity: UnknownAs = UnknownAs.ALLOW_ALL
    session: UnknownAs = UnknownAs.ALLOW_ALL

    def policies(self) -> PrincipalPolicies:
        """Return these policies."""
        return outsider_policies(self.identity).narrowed(self.session.document(Layer.SESSION))


_ALL = _OwnPolicies("whose own policies allow everything")
_NONE = _OwnPolicies("whose own policies allow nothing", identity=UnknownAs.ALLOW_NOTHING)
_POWERLESS = _OwnPolicies("whose session policy allows nothing", session=UnknownAs.ALLOW_NOTHING)


def new_for_outsiders(base: EffectivePolicies, head: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield what is new for any other caller, whatever its own policies allow.

    A caller of the own account that may do everything can gain nothing; one that a bucket policy or trust policy
    names needs no policy of its own:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    """
    if new := _bucket_providers(head) - _bucket_providers(base):
        provider = min(new).partition(" ")[0]
        yield partial(_unmodeled, f"the identity provider {provider} in the bucket policy isn't modeled")
    resource_types = (ResourceType.OBJECT, ResourceType.BUCKET, ResourceType.ROLE)
    for number, caller in enumerate(_arbitrary(Solver(), head, head)):
        for own in _possible_policies(caller):
            yield from forbid_any_request(
                head, _outsider(head, head, number, own), resource_types, _SUFFIX, _outsider(base, head, number, own)
            )


def _bucket_providers(effective: EffectivePolicies) -> frozenset[str]:
    """Return the providers that the bucket policy allows something, each with the statement.

    AWS doesn't document what it means there: a provider's user has no credentials before it has assumed a role.
    """
    policy = effective.bucket_policy(effective.state.bucket)
    return frozenset(
        f"{name} of {policy.bodies[statement.index]!r}"
        for statement in (policy.statements if policy else ())
        if policy and statement.effect == "Allow" and statement.principals
        for name in statement.principals.named
        if "-provider/" in name
    )


def _unmodeled(reason: str, solver: Solver, folder: str | None) -> Query:
    raise NotEncodableError(reason)


def _possible_policies(caller: SymbolicCaller) -> Iterator[_OwnPolicies]:
    # Whether a policy allows one request is yes or no, so these cover everything in between.
    yield _ALL
    if caller.same_account and caller.kind is not CallerKind.ROOT:
        yield _NONE
        if caller.kind is CallerKind.ROLE:
            yield _POWERLESS


def _arbitrary(solver: Solver, effective: EffectivePolicies, head: EffectivePolicies) -> list[SymbolicCaller]:
    """Return the callers that aren't the user or a session of the role, which have claims of their own."""
    target = effective.target
    return list(
        arbitrary_callers(
            solver,
            target.account,
            target.partition,
            not_user=head.target.user_name,
            not_role=head.target.role_name,
        )
    )


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


def _outsider(
    effective: EffectivePolicies, head: EffectivePolicies, number: int, own: _OwnPolicies
) -> SymbolicPrincipal:
    return SymbolicPrincipal(
        own.description,
        lambda solver: _arbitrary(solver, effective, head)[number],
        effective.unknown_names,
        lambda resource_type, _: policies_on(effective, resource_type, own.policies()),
        outsider=True,
    )


def _absent(effective: EffectivePolicies) -> SymbolicPrincipal:
    """Return a principal that the templates don't create, so that nothing is allowed to it."""
    return SymbolicPrincipal(
        "an absent principal",
        lambda solver: one_user(solver, effective.target.user_arn, effective.target.account),
        effective.unknown_names,
        lambda resource_type, _: policies_on(effective, resource_type, PrincipalPolicies()),
    )

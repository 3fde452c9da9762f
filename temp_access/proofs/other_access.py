"""Queries for ways into the bucket that no role of the deployment is."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from temp_access.config.model import Config
from temp_access.deployment.effective_policies import EffectivePolicies, PrincipalPolicies, UnknownAs, outsider_policies
from temp_access.deployment.state import UserState
from temp_access.iam.callers import CallerKind
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.symbolic.callers import SymbolicCaller, arbitrary_callers, one_user
from temp_access.iam.symbolic.queries import Query, QueryFactory, RequestBuilder, SymbolicRequest, Witness
from temp_access.iam.symbolic.solver import Solver
from temp_access.proofs.any_request import SymbolicPrincipal, forbid_any_request
from temp_access.proofs.role_sessions import own_roles
from temp_access.proofs.sessions import ResourceType, policies_on

_ON_BUCKET = (ResourceType.OBJECT, ResourceType.BUCKET)
# Each of them makes a role another one: what it allows, what limits it, or who can assume it.
_CHANGES_ROLE = (
    "iam:AttachRolePolicy",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
)


def bucket_outsiders(effective: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield any request on the bucket by somebody outside the deployment that the bucket policy itself allows.

    A caller of the same account has no policy of its own here, because the account's own policies can let in anybody.
    """
    for number, caller in enumerate(_arbitrary(Solver(), effective)):
        if caller.kind is CallerKind.ROOT and caller.same_account:
            continue
        own = outsider_policies(UnknownAs.ALLOW_NOTHING if caller.same_account else UnknownAs.ALLOW_ALL)
        principal = SymbolicPrincipal(
            "whose own policies allow nothing" if caller.same_account else "whose own policies allow everything",
            partial(_numbered, effective, number),
            frozenset(),
            partial(_on, effective, own),
            outsider=True,
        )
        yield from forbid_any_request(effective, principal, _ON_BUCKET, ": the bucket policy allows it")


def _arbitrary(solver: Solver, effective: EffectivePolicies) -> Iterator[SymbolicCaller]:
    return arbitrary_callers(solver, effective.target.account, effective.target.partition)


def _numbered(effective: EffectivePolicies, number: int, solver: Solver) -> SymbolicCaller:
    return next(islice(_arbitrary(solver, effective), number, None))


def _on(
    effective: EffectivePolicies, own: PrincipalPolicies, resource_type: ResourceType, unknown_as: UnknownAs
) -> PolicySet:
    return policies_on(effective, resource_type, own)


def by_users(config: Config, effective: EffectivePolicies) -> Iterator[QueryFactory]:
    """Yield any request on the bucket by a user of `[users]` itself, and any that changes a role of the deployment."""
    for name in config.users:
        user = effective.state.users.get(name)
        if user:
            principal = user_principal(effective, user)
            yield from forbid_any_request(effective, principal, _ON_BUCKET, ", without a role")
            yield partial(_change_of_role, effective, user)


def user_principal(effective: EffectivePolicies, user: UserState) -> SymbolicPrincipal:
    """Return a user with its own policies."""
    return SymbolicPrincipal(
        f"the user {user.name}",
        lambda solver: one_user(solver, effective.target.arn(f"user/{user.name}"), effective.target.account),
        effective.unknown(user).policy_names,
        lambda resource_type, unknown_as: policies_on(effective, resource_type, effective.of(user, unknown_as)),
    )


def _change_of_role(effective: EffectivePolicies, user: UserState, solver: Solver, folder: str | None) -> Query:
    target = effective.target
    arns = [
        target.arn(f"role{path}{role.name}") for path, roles in own_roles(effective.state).items() for role in roles
    ]
    other = RequestBuilder(solver, target.bucket_arn).other(target.role_arn)
    rules = (
        solver.in_language(other.resource, solver.union([solver.literal(arn) for arn in arns])),
        other.is_action(solver, _CHANGES_ROLE),
    )
    request = SymbolicRequest(other.action, other.resource, rules)

    def describe(witness: Witness) -> str:
        return f"the user {user.name} can call {witness.action} on {witness.resource}, and so change who reaches what"

    return Query(
        policies=lambda folder, permissive: policies_on(
            effective,
            ResourceType.OTHER,
            effective.of(user, UnknownAs.ALLOW_ALL if permissive else UnknownAs.ALLOW_NOTHING),
        ),
        caller=one_user(solver, target.arn(f"user/{user.name}"), target.account),
        request=request,
        describe=describe,
        unknown=effective.unknown(user).policy_names,
    )

"""Queries for any request by a principal on one type of resource, for claims that no such request is allowed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from temp_access.deployment.effective_policies import EffectivePolicies, UnknownAs
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.symbolic.callers import SymbolicCaller
from temp_access.iam.symbolic.queries import (
    PREFIX,
    PoliciesFor,
    Query,
    QueryFactory,
    RequestBuilder,
    SymbolicRequest,
    Witness,
    witness_preferences,
)
from temp_access.iam.symbolic.real_requests import can_call
from temp_access.iam.symbolic.solver import Solver
from temp_access.proofs.sessions import ResourceType, any_folder

# The policies that apply on a type of resource, with the unknown ones taken to be what UnknownAs says.
PoliciesOn = Callable[[ResourceType, UnknownAs], PolicySet]


@dataclass(frozen=True)
class SymbolicPrincipal:
    """A principal of a claim: its description, its form as a caller, and the policies that apply to it.

    `scoped_policies` gives the policies for each folder, `policies` those of a principal without a folder.
    `unknown` names policies whose documents are unknown.
    """

    description: str
    caller: Callable[[Solver], SymbolicCaller]
    unknown: frozenset[str]
    policies: PoliciesOn | None = None
    scoped_policies: Callable[[ResourceType], PoliciesFor] | None = None

    def policies_for(self, resource_type: ResourceType) -> PoliciesFor:
        """Return the policies that apply on a type of resource."""
        if self.scoped_policies:
            return self.scoped_policies(resource_type)
        policies = self.policies
        if policies is None:
            raise ValueError(f"{self.description}: has no policies; give either `policies` or `scoped_policies`")
        return lambda folder, permissive: policies(
            resource_type, UnknownAs.ALLOW_ALL if permissive else UnknownAs.ALLOW_NOTHING
        )


def forbid_any_request(
    effective: EffectivePolicies,
    principal: SymbolicPrincipal,
    resource_types: Iterable[ResourceType],
    suffix: str,
    base: SymbolicPrincipal | None = None,
) -> Iterator[QueryFactory]:
    """Yield a query for any request of `principal` on each type of resource.

    With `base`, the request must not have been allowed to that principal. `suffix` ends a witness's description.
    """
    for resource_type in resource_types:
        caller = principal.caller(Solver())
        if resource_type is ResourceType.OTHER or can_call(caller, role=resource_type is ResourceType.ROLE):
            yield _query_factory(effective, principal, resource_type, suffix, base)


def _query_factory(
    effective: EffectivePolicies,
    principal: SymbolicPrincipal,
    resource_type: ResourceType,
    suffix: str,
    base: SymbolicPrincipal | None,
) -> QueryFactory:
    def make_query(solver: Solver, folder: str | None) -> Query:
        own, rule = any_folder(solver, folder) if principal.scoped_policies else (None, solver.true)
        request, caller = _any_request_on(effective, solver, resource_type), principal.caller(solver)
        return Query(
            policies=principal.policies_for(resource_type),
            caller=caller,
            request=request,
            describe=lambda witness: _describe(principal, witness, suffix),
            base_policies=base.policies_for(resource_type) if base else None,
            folder=own,
            unknown=principal.unknown,
            unknown_in_base=base.unknown if base else frozenset(),
            rules=(rule,),
            preferences=tuple(witness_preferences(solver, request, folder=own, readable=request.names.values())),
        )

    return make_query


def _any_request_on(effective: EffectivePolicies, solver: Solver, resource_type: ResourceType) -> SymbolicRequest:
    builder, role_arn = RequestBuilder(solver, effective.target.bucket_arn), effective.target.role_arn
    match resource_type:
        case ResourceType.OBJECT:
            return builder.object(solver.string("key"))
        case ResourceType.BUCKET:
            return builder.listing(("s3:*",), solver.string("prefix"), solver.boolean(f"{PREFIX} is present"))
        case ResourceType.ROLE:
            return builder.role(role_arn)
        case ResourceType.OTHER:
            return builder.other(role_arn)


def _describe(principal: SymbolicPrincipal, witness: Witness, suffix: str) -> str:
    folder = f" for {witness.folder}/" if witness.folder is not None else ""
    resource = witness.key if witness.key is not None else witness.resource
    prefix = f" with the prefix {witness.prefix!r}" if witness.prefix is not None else ""
    subject = f"{principal.description}{folder} ({witness.principal})"
    return f"{subject} can call {witness.action} on {resource}{prefix}{suffix}"

"""Queries for any request by a principal on one type of resource, for claims that no such request is allowed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from temp_access.deployment.effective_policies import EffectivePolicies, UnknownAs
from temp_access.iam.callers import CallerKind
from temp_access.iam.condition_keys import TEMPORARY
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
from temp_access.proofs.witness_words import caller_in_words

# The policies that apply on a type of resource, with the unknown ones taken to be what UnknownAs says.
PoliciesOn = Callable[[ResourceType, UnknownAs], PolicySet]


@dataclass(frozen=True)
class SymbolicPrincipal:
    """A principal of a claim: its description, its form as a caller, and the policies that apply to it.

    With `outsider`, the description says only what its own policies allow: a witness says who it is.
    `scoped_policies` gives the policies for each folder, `policies` those of a principal without a folder.
    `unknown` names policies whose documents are unknown.
    """

    description: str
    caller: Callable[[Solver], SymbolicCaller]
    unknown: frozenset[str]
    policies: PoliciesOn | None = None
    scoped_policies: Callable[[ResourceType], PoliciesFor] | None = None
    outsider: bool = False

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
        policies = principal.policies_for(resource_type)

        def describe(witness: Witness) -> str:
            folder = witness.folder
            who = f"{principal.description} for {folder}/" if folder is not None else principal.description
            if principal.outsider:
                who = caller_in_words(caller, witness.principal, policies("", False))
                # Others have no policies of their own.
                who += f" {principal.description}" if caller.kind in (*TEMPORARY, CallerKind.USER) else ""
            role = f"the role {effective.target.role_name}" if resource_type is ResourceType.ROLE else None
            return f"{who} {_call(witness, role)}{suffix}"

        return Query(
            policies=policies,
            caller=caller,
            request=request,
            describe=describe,
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


def _call(witness: Witness, role: str | None) -> str:
    resource = witness.key if witness.key is not None else role or witness.resource
    prefix = f" with the prefix {witness.prefix!r}" if witness.prefix is not None else ""
    return f"can call {witness.action} on {resource}{prefix}"

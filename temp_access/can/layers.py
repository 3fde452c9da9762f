"""The policies that take part in a call, and what of them isn't known."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from temp_access.can.model import Document, PolicyOwner, PolicySource, Principal
from temp_access.policy.decision import Layer
from temp_access.policy.evaluate import PolicySet
from temp_access.policy.request import Request
from temp_access.verify.offline.layers import EffectivePolicies, parse, sessions
from temp_access.verify.offline.layers import PrincipalPolicies as Held
from temp_access.verify.sent import session_policy_for

ANY_ACTION, NO_ACTION = "*", "none:none"


def layers_of(who: Principal, request: Request, source: PolicySource, *, unknown_as: str) -> PolicySet:
    """Return the layers; each policy that isn't known is taken to allow the action `otherwise`."""
    statement = {"Effect": "Allow", "Action": unknown_as, "Resource": "*"}
    policies = EffectivePolicies(source.state, lambda arn: source.document(arn) or _document(statement))
    if who.owner is PolicyOwner.OTHER:
        held = Held((parse(_document(statement), Layer.IDENTITY, "own policies"),))
    else:
        held = policies.user if who.owner is PolicyOwner.USER else policies.role
        if who.owner is PolicyOwner.USER and source.state.user.groups:
            of_groups = parse(_document(statement), Layer.IDENTITY, "policies of groups")
            held = replace(held, identity=(*held.identity, of_groups))
    target = source.target
    if f"{request.resource}/".startswith(f"arn:{target.partition}:s3:::{target.bucket}/"):
        layers = policies.on_bucket(held)
    elif request.resource == target.role_arn and request.action.lower().startswith("sts:"):
        layers = policies.on_role(held)
    else:
        layers = policies.elsewhere(held)
        if request.resource_account != target.account:
            theirs = {**statement, "Principal": {"AWS": request.account}}
            layers = replace(layers, resource=parse(_document(theirs), Layer.RESOURCE, "resource-based policy"))
    return replace(layers, session=sessions(session_policy_for(target)(who.grant) if who.grant else None))


def unknown_policies(who: Principal, request: Request, source: PolicySource) -> Iterator[str]:
    """Yield what isn't known of the policies that take part."""
    if who.owner is PolicyOwner.OTHER:
        yield f"the own policies of {who.role_arn or who.principal}"
    else:
        state = source.state.user if who.owner is PolicyOwner.USER else source.state.role
        held = state.permissions
        arns = [arn for arn, document in held.attached.items() if document is None]
        arns += [held.boundary] if held.boundary else []
        yield from (f"the document of {arn}" for arn in arns if source.document(arn) is None)
        if who.owner is PolicyOwner.USER and source.state.user.groups:
            yield f"the policies of {source.target.user_name}'s groups ({', '.join(source.state.user.groups)})"
    if request.resource_account != source.target.account:
        yield f"the policy of {request.resource}"


def condition_keys(layers: PolicySet) -> frozenset[str]:
    """Return the condition keys that any of the policies asks for, in lower case."""
    policies = (*layers.identity, *(layers.session or ()), layers.boundary, layers.resource)
    return frozenset(
        key.lower()
        for policy in policies
        if policy
        for body in policy.bodies
        for keys in (body.get("Condition") or {}).values()
        for key in keys
    )


def _document(statement: Mapping[str, Any]) -> Document:
    return {"Version": "2012-10-17", "Statement": [statement]}

"""The answer to a question: decided twice where policies are unknown, and explained by layer."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from temp_access.config.model import Config
from temp_access.config.table import key_path
from temp_access.deployment.effective_policies import PolicyOwner, UnknownAs, parse
from temp_access.iam.decision import Decision, DecisionType, Layer, Reason
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.explanation import layer_breakdown, near_misses
from temp_access.iam.policy_json import VERSION
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.statements import policy_statements
from temp_access.policies.session_policy import session_policy_for
from temp_access.whatif.model import LayerAnswer, LocatedStatement, PolicySource, Principal, Question, WhatIfAnswer
from temp_access.whatif.question import assumed_context, merge_context, unknown_context


def decide(
    principal: Principal, question: Question, context: Mapping[str, ContextValue], source: PolicySource, config: Config
) -> WhatIfAnswer:
    """Return the answer; it is undecided if it depends on an unknown policy, condition key or part of a policy.

    `context` holds condition keys that replace the assumed ones.
    """
    assumed = assumed_context(principal, question, config, source.target)
    chosen = frozenset(key.lower() for key in context)
    request = Request(
        principal=principal.arn,
        action=question.action,
        resource=question.resource,
        account=principal.account,
        resource_account=_resource_account(question.resource, source),
        role_arn=principal.role_arn,
        context=merge_context(assumed, context),
    )
    permissive = _policy_set(principal, request, source, UnknownAs.ALLOW_ALL)
    restrictive = _policy_set(principal, request, source, UnknownAs.ALLOW_NOTHING)
    used = _used_keys(restrictive)
    request = request._replace(context={**unknown_context(principal, used), **request.context})
    decision, other = evaluate(restrictive, request), evaluate(permissive, request)
    open_decisions = [each for each in (decision, other) if each.kind is DecisionType.UNDECIDED]
    return WhatIfAnswer(
        principal=principal,
        question=question,
        request=request,
        decision=None if open_decisions or decision.allowed is not other.allowed else decision,
        layers=tuple(_layer_answers(principal, request, restrictive, decision, source, config)),
        assumed=frozenset(key.lower() for key in assumed) - chosen,
        relevant_keys=used | chosen | ({"aws:sourceip"} if used & _ENDPOINT_KEYS else set()),
        unknown=tuple(_unknown_policies(principal, request, source)),
        notes=(*source.notes, *question.notes),
        source=source.description,
        depends_on=tuple(dict.fromkeys(name for each in open_decisions for name in each.unknown)),
    )


# An address says that the call doesn't go through a VPC endpoint.
_ENDPOINT_KEYS = frozenset(["aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"])
_VARIABLE = re.compile(r"\$\{([^},]+)")


def _resource_account(resource: str, source: PolicySource) -> str:
    account = resource.split(":")[4] if resource.startswith("arn:") else ""
    return account if account.isdecimal() else source.target.account


def _policy_set(principal: Principal, request: Request, source: PolicySource, unknown_as: UnknownAs) -> PolicySet:
    policies, target = source.policies, source.target
    policy_for = session_policy_for(bucket=target.bucket, partition=target.partition)
    session = policy_for(principal.grant) if principal.grant else None
    own = policies.of_owner(principal.owner, unknown_as).narrowed(session)
    if f"{request.resource}/".startswith(f"{target.bucket_arn}/"):
        return policies.on(policies.state.bucket, own)
    if request.resource == target.role_arn and request.action.lower().startswith("sts:"):
        return policies.on(policies.state.role, own)
    policy_set = policies.on(None, own)
    if request.resource_account == target.account:
        return policy_set
    # Another account's resource-based policy, which has to allow the call too, is unknown.
    [statement] = unknown_as.document(Layer.RESOURCE)["Statement"]
    document = {"Version": VERSION, "Statement": [{**statement, "Principal": {"AWS": request.account}}]}
    return replace(policy_set, resource=parse(document, Layer.RESOURCE, "resource-based policy"))


def _unknown_policies(principal: Principal, request: Request, source: PolicySource) -> Iterator[str]:
    """Yield a description of each unknown policy that takes part."""
    owner = source.policies.owner_state(principal.owner)
    if owner is None and not principal.is_root:
        yield f"the identity-based policies of {principal.role_arn or principal.arn}"
    elif owner:
        unknown = source.policies.unknown(owner)
        yield from (f"the document of {arn}" for arn in unknown.documents)
        if unknown.groups:
            yield f"the policies of {owner.name}'s groups ({', '.join(unknown.groups)})"
    if request.resource_account != source.target.account:
        yield f"the policy of {request.resource}"


def _used_keys(policies: PolicySet) -> frozenset[str]:
    """Return the condition keys that the policies use, in conditions or as variables, in lower case."""
    every = [
        policy
        for policy in (*policies.identity, *(policies.session or ()), policies.boundary, policies.resource)
        if policy
    ]
    keys = {entry.lower_key for statement in policy_statements(every) for entry in statement.conditions}
    written = json.dumps([policy.bodies for policy in every], default=str)
    return frozenset(keys | {name.strip().lower() for name in _VARIABLE.findall(written)})


def _layer_answers(
    principal: Principal,
    request: Request,
    policies: PolicySet,
    decision: Decision,
    source: PolicySource,
    config: Config,
) -> Iterator[LayerAnswer]:
    def locate(layer: Layer, policy: str) -> str:
        if layer is Layer.SESSION and principal.grant:
            table = key_path("grants", principal.grant.id) if principal.grant.id in config.grants else "any_id"
            return f"[{table}] in {config.path.name}"
        return source.locate(principal.owner, layer, policy)

    def located(reasons: tuple[Reason, ...]) -> tuple[LocatedStatement, ...]:
        return tuple(LocatedStatement(reason, locate(reason.layer, reason.policy)) for reason in reasons)

    for result in layer_breakdown(policies, request, decision):
        candidates = () if result.allows else _layer_policies(policies, result.layer)
        yield LayerAnswer(
            layer=result.layer,
            allows=located(result.allows),
            denies=located(result.denies),
            missing=result.missing,
            known=result.layer is not Layer.IDENTITY
            or principal.owner is not PolicyOwner.OUTSIDER
            or principal.is_root,
            undecided=tuple(
                (LocatedStatement(reason, locate(reason.layer, reason.policy)), name)
                for reason, name in result.undecided
            ),
            misses=tuple(
                (miss, locate(result.layer, policy.name))
                for policy in candidates
                for miss in near_misses(policy, request)
            ),
        )


def _layer_policies(policies: PolicySet, layer: Layer) -> tuple[Policy, ...]:
    if layer is Layer.IDENTITY:
        return policies.identity
    if layer is Layer.SESSION:
        return policies.session or ()
    policy = policies.boundary if layer is Layer.BOUNDARY else policies.resource
    return (policy,) if policy else ()

"""The answer to a question: decided three times where policies are unknown, and explained by layer."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from temp_access.config.model import Config, Grant
from temp_access.config.table import key_path
from temp_access.deployment.effective_policies import EXTREMES, PolicyOwner, UnknownAs, outsider_policies, parse
from temp_access.deployment.target import Target
from temp_access.deployment.unread_effects import that_can_change
from temp_access.iam.callers import IAM, CallerKind
from temp_access.iam.condition_keys import NETWORK_OF_AN_ENDPOINT
from temp_access.iam.decision import Decision, DecisionType, Layer, Reason
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.explanation import layer_breakdown, near_misses
from temp_access.iam.policy_json import VERSION
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.resource_policies import can_have_policy
from temp_access.iam.statements import policy_statements
from temp_access.policies.session_policy import session_policy_for
from temp_access.whatif.circumstances import policies_of
from temp_access.whatif.context import assumed_context, merge_context, unknown_context
from temp_access.whatif.model import (
    LayerAnswer,
    LocatedStatement,
    PolicySource,
    Principal,
    Question,
    WhatIfAnswer,
    holder_key,
)


def decide(
    principal: Principal, question: Question, context: Mapping[str, ContextValue], source: PolicySource, config: Config
) -> WhatIfAnswer:
    """Return the answer; it is undecided if it depends on an unknown policy, condition key or part of a policy.

    An unknown policy is taken to allow nothing, to allow everything and to deny everything. The answer is also
    undecided if something that isn't read in the templates can change it.

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
        context=merge_context(merge_context(assumed, principal.context), context),
    )
    policy_sets = {each: policy_set(principal, request, source, each) for each in EXTREMES}
    restrictive = policy_sets[UnknownAs.ALLOW_NOTHING]
    used = used_keys(restrictive)
    request = request._replace(context={**unknown_context(principal, used), **request.context})
    # An id doesn't tell the caller's account: it can be this one or another.
    accounts = (source.target.account, "") if principal.has_unknown_account else (request.account,)
    requests = [request._replace(account=account) for account in accounts]
    decisions = [evaluate(policies, each) for each in requests for policies in policy_sets.values()]
    decision = decisions[0]
    open_decisions = [each for each in decisions if each.kind is DecisionType.UNDECIDED]
    differ = len({each.allowed for each in decisions}) > 1
    is_undecided = differ or bool(open_decisions)
    unread = that_can_change(
        source.unread,
        Decision(DecisionType.UNDECIDED, decision.layer) if is_undecided else decision,
        question.action,
        by_user=principal.owner is PolicyOwner.USER,
        tags_are_unknown=True,
    )
    return WhatIfAnswer(
        principal=principal,
        question=question,
        request=request,
        decision=None if is_undecided or unread else decision,
        layers=tuple(_layer_answers(principal, request, restrictive, decision, source, config)),
        assumed=frozenset(key.lower() for key in assumed) - chosen,
        relevant_keys=used | chosen | ({"aws:sourceip"} if used & _ENDPOINT_KEYS else set()),
        unknown=tuple(_unknown_policies(principal, request, source)),
        notes=(*source.notes, *question.notes, *_notes_on(principal, question)),
        source=source.description,
        depends_on=tuple(dict.fromkeys(name for each in open_decisions for name in each.unknown)),
        depends_on_unknown=differ,
        is_allowed_otherwise=decision.allowed and decisions[-len(policy_sets)].allowed,
        unread=unread,
    )


# An address says that the call doesn't go through a VPC endpoint.
_ENDPOINT_KEYS = frozenset(NETWORK_OF_AN_ENDPOINT)
_VARIABLE = re.compile(r"\$\{([^},]+)")


def _notes_on(principal: Principal, question: Question) -> tuple[str, ...]:
    """Return the notes on what the principal could do by another one, unless it is asked about becoming that one."""
    return () if question.action.lower().startswith("sts:") else principal.notes


def _resource_account(resource: str, source: PolicySource) -> str:
    account = resource.split(":")[4] if resource.startswith("arn:") else ""
    return account if account.isdecimal() else source.target.account


def policy_set(principal: Principal, request: Request, source: PolicySource, unknown_as: UnknownAs) -> PolicySet:
    """Return the policies that decide the request; those that aren't known are taken to be `unknown_as`."""
    policies, target = source.policies, source.target
    policy_for = session_policy_for(bucket=target.bucket, partition=target.partition)
    session = policy_for(principal.session_grant) if principal.session_grant else None
    own_as = unknown_as if principal.has_own_policies else UnknownAs.ALLOW_NOTHING
    own = policies.of(principal.holder, own_as) if principal.holder else outsider_policies(own_as)
    own = own.narrowed(session)
    if principal.kind is CallerKind.FEDERATED:
        # GetFederationToken takes a session policy, without which its session may do nothing.
        own = replace(own, session=(parse(own_as.document(Layer.SESSION), Layer.SESSION, "session policy"),))
    if f"{request.resource}/".startswith(f"{target.bucket_arn}/"):
        return policies.on(policies.state.bucket, own)
    if request.action.lower().startswith("sts:") and (role := source.role(request.resource)):
        return policies.on(role, own)
    known = policies.on(None, own)
    if not _has_unknown_policy(request, target):
        return known
    [statement] = unknown_as.document(Layer.RESOURCE)["Statement"]
    # At best, it names the caller itself, or the role of its session: a session policy limits what it allows.
    name = request.role or request.principal
    named = {"AWS": name} if principal.kind in IAM and principal.kind is not CallerKind.ROOT else "*"
    document = {"Version": VERSION, "Statement": [{**statement, "Principal": named}]}
    return replace(known, resource=parse(document, Layer.RESOURCE, "resource-based policy"))


def _has_unknown_policy(request: Request, target: Target) -> bool:
    """Whether the resource can have a policy that isn't known: it isn't the deployment's bucket or role."""
    if f"{request.resource}/".startswith(f"{target.bucket_arn}/"):
        return False
    return can_have_policy(request.resource) or request.resource_account != target.account


def _unknown_policies(principal: Principal, request: Request, source: PolicySource) -> Iterator[str]:
    """Yield a description of each unknown policy that takes part."""
    owner = principal.holder
    if owner is None and principal.has_own_policies:
        session = " and the session policy" if principal.kind is CallerKind.FEDERATED else ""
        yield f"the identity-based policies{session} of {principal.role_arn or principal.arn}"
    if principal.has_unknown_account:
        yield f"the account of {principal.arn}"
    elif owner:
        yield from source.policies.unknown_of(owner)
    if _has_unknown_policy(request, source.target):
        yield f"the policy of {request.resource}"


def used_keys(policies: PolicySet) -> frozenset[str]:
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
        if layer is Layer.SESSION and (grant := principal.session_grant):
            return session_policy_location(grant, config)
        holder = source.role(request.resource) if layer is Layer.TRUST else principal.holder
        return source.locate(holder_key(holder), layer, policy)

    def located(reasons: tuple[Reason, ...]) -> tuple[LocatedStatement, ...]:
        return tuple(LocatedStatement(reason, locate(reason.layer, reason.policy)) for reason in reasons)

    for result in layer_breakdown(policies, request, decision):
        candidates = () if result.allows else policies_of(policies, result.layer)
        yield LayerAnswer(
            layer=result.layer,
            allows=located(result.allows),
            denies=located(result.denies),
            missing=result.missing,
            known=_is_known(result.layer, principal, policies, source)
            and not (result.layer is Layer.RESOURCE and _has_unknown_policy(request, source.target)),
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


def session_policy_location(grant: Grant, config: Config) -> str:
    """Return where the session policy of a grant comes from."""
    table = key_path("grants", grant.id) if grant.id in config.grants else "any_id"
    return f"[{table}] in {config.path.name}"


def _is_known(layer: Layer, principal: Principal, policies: PolicySet, source: PolicySource) -> bool:
    owner = principal.holder
    if owner is None:
        return layer not in (Layer.IDENTITY, Layer.SESSION) or not principal.has_own_policies
    is_boundary = layer is Layer.BOUNDARY and policies.boundary is not None
    return not (is_boundary and owner.permissions.boundary in source.policies.unknown(owner).documents)

"""How ministack evaluates policies, corrected where AWS evaluates them otherwise."""

import dataclasses
import importlib
from typing import Any

from temp_access.iam.arn import Arn
from temp_access.local_aws.rules import policy_variables
from temp_access.local_aws.rules.call import Call, RoleRecord, parse_json
from temp_access.local_aws.rules.web_identity import TokenIdentity
from temp_access.local_aws.server.ministack.stores import (
    evaluator,
    federated_keys_of,
    role_record,
    source_identity_of,
    sts_service,
    user_record,
)

_VERSION_2012 = "2012-10-17"
# Carries a document's version on each statement, where ministack passes statements on without their document.
_VERSION_KEY = "__version"
_WEB_IDENTITY = "WebIdentityUser"
_AFFIRMATIVE_OPERATORS = ("ArnEquals", "ArnLike", "StringEquals", "StringLike")
responses: Any = importlib.import_module("ministack.core.responses")
_first_match = evaluator._first_match
_parse_policy_document = evaluator.parse_policy_document
_evaluate_resource_policy = evaluator.evaluate_resource_policy
_condition_key = evaluator._resolve_condition_key
_principal_keys = evaluator._principal_keys


def install() -> None:
    """Replace ministack's functions by the corrected ones."""
    evaluator._first_match = first_match
    evaluator._fnmatch_compile = policy_variables.compile_pattern
    evaluator.parse_policy_document = parse_policy_document
    evaluator.evaluate_resource_policy = evaluate_resource_policy
    evaluator._resolve_condition_key = condition_key
    evaluator._principal_keys = sts_service._principal_keys = principal_keys


def parse_policy_document(document: Any) -> list[Any]:
    """Parse as ministack does, and keep the document's version on each statement."""
    policy = _policy(document)
    if policy is None:
        return []
    parsed_statements = []
    for statement in _statements(policy):
        for parsed in _parse_policy_document({"Statement": [statement]}):
            parsed.version = statement.get(_VERSION_KEY, policy.get("Version"))
            parsed_statements.append(parsed)
    return parsed_statements


def evaluate_resource_policy(document: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
    """Evaluate as ministack does, with the document's version and the caller's principal on each statement."""
    policy = _policy(document)
    if policy is not None:
        version = policy.get("Version")
        statements = [{**item, _VERSION_KEY: version} for item in _statements(policy) if isinstance(item, dict)]
        policy = {**policy, "Statement": [_with_principal(statement, context) for statement in statements]}
    return _evaluate_resource_policy(policy, context, *args, **kwargs)


def _policy(document: Any) -> dict[str, Any] | None:
    if isinstance(document, str):
        try:
            document = parse_json(document)
        except ValueError:
            return None
    return document if isinstance(document, dict) else None


def _statements(policy: dict[str, Any]) -> list[Any]:
    statements = policy.get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _with_principal(statement: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the statement with the principals that AWS matches and ministack doesn't."""
    if statement.get("Effect") == "Deny" and "NotPrincipal" in statement:
        return statement if _is_exempt(statement["NotPrincipal"], context) else {**statement, "Principal": "*"}
    if statement.get("Principal") in ("*", {"AWS": "*"}) and _requires_principal_arn(statement.get("Condition")):
        return {**statement, "Principal": {"AWS": ["*", context.principal_arn]}}
    return statement


def _is_exempt(not_principal: Any, context: Any) -> bool:
    """A Deny with NotPrincipal exempts a user that it names, and a role session that it names together with its role.

    It exempts no user or role that has a permissions boundary.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    arns = not_principal.get("AWS", []) if isinstance(not_principal, dict) else [not_principal]
    entity_arn = condition_key("aws:PrincipalArn", context)
    record_of = user_record if context.principal_type == "User" else role_record
    entity = record_of(context.principal_account, entity_arn.rpartition("/")[2]) or {}
    caller_arns = {context.principal_arn, entity_arn}
    return caller_arns <= set([arns] if isinstance(arns, str) else arns) and not entity.get("PermissionsBoundary")


def _requires_principal_arn(conditions: Any) -> bool:
    """A statement for everyone with a condition on aws:PrincipalArn counts as one that names the caller's own ARN.

    The implicit denies of a permissions boundary or session policy don't limit it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    return isinstance(conditions, dict) and any(
        operator in _AFFIRMATIVE_OPERATORS and any(key.lower() == "aws:principalarn" for key in keys)
        for operator, keys in conditions.items()
    )


def first_match(context: Any, statements: list[Any], effect: str) -> Any:
    """Return the first statement that matches once its policy variables are resolved, or None."""
    for statement in statements:
        if statement.effect == effect:
            resolved = _resolve_variables(statement, context)
            if resolved is not None and _first_match(context, [resolved], effect):
                return statement
    return None


def _resolve_variables(statement: Any, context: Any) -> Any:
    elements = [statement.resources, statement.not_resources, statement.conditions]
    if getattr(statement, "version", None) != _VERSION_2012 or not policy_variables.has_variables(elements):
        return statement

    def lookup(key: str) -> str | None:
        value = condition_key(key, context)
        return None if value is None or isinstance(value, list) else str(value)

    not_resources = policy_variables.resolve_list(statement.not_resources, lookup)
    conditions = policy_variables.resolve_conditions(statement.conditions, lookup)
    if statement.effect == "Allow" and policy_variables.has_unmatchable([not_resources, conditions]):
        # "Not equal to a missing value" would be true: an Allow must not rest on that.
        return None
    return dataclasses.replace(
        statement,
        resources=policy_variables.resolve_list(statement.resources, lookup),
        not_resources=not_resources,
        conditions=conditions,
    )


def condition_key(key: str, context: Any) -> Any:
    """Return the value of a condition key; aws:PrincipalArn of a role session is the role's ARN.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
    """
    name = key.lower()
    if name == "aws:principalarn" and context.principal_type == "AssumedRole":
        role = role_record(context.principal_account, evaluator._role_name_from_assumed_arn(context.principal_arn))
        return role["Arn"] if role else context.principal_arn
    if name.startswith("aws:principal") and context.principal_type == _WEB_IDENTITY:
        # Who sends a token has no principal yet.
        return None
    if name in ("aws:viaawsservice", "aws:principalisawsservice"):
        return "false"
    return _condition_key(key, context)


def principal_keys(credential: Any) -> dict[str, Any]:
    """Return the condition keys of the caller, with aws:SourceIdentity and those of a web identity.

    ministack leaves both out.
    """
    keys: dict[str, Any] = {**_principal_keys(credential), **federated_keys_of(credential.access_key_id)}
    source_identity = source_identity_of(credential.access_key_id)
    return {**keys, "aws:sourceidentity": source_identity} if source_identity else keys


def allows_on_role(call: Call, role: RoleRecord, action: str) -> bool:
    """Return whether the role's trust policy and the caller's own policies together allow the action on the role.

    A trust policy that names the caller is enough; one that names the account leaves it to the caller's policies.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
    """
    principal = evaluator.resolve_principal(call.access_key, responses.get_account_id())
    if isinstance(principal, evaluator.AuthError):
        return False
    context = evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=role.arn,
        region=responses.get_region(),
        service_context={"sts:externalid": call.get("ExternalId"), **_role_keys(call, role)},
        principal_keys=principal.keys,
        request_tags=call.tags,
        tag_keys=list(call.tags),
    )
    identity_result = evaluator.evaluate(context, principal.policies, *principal.limits)
    result = evaluator.combine_resource_policy(
        identity_result,
        context,
        role.trust_policy,
        Arn.parse(role.arn).account,
        required=True,
        limits=principal.limits,
    )
    return bool(result.decision == "Allow")


def _role_keys(call: Call, role: RoleRecord) -> dict[str, Any]:
    """Return the condition keys that every call for a session of the role has."""
    keys = {
        "sts:rolesessionname": call.get("RoleSessionName"),
        "sts:sourceidentity": call.source_identity,
        **{f"aws:resourcetag/{name}".lower(): value for name, value in role.tags.items()},
    }
    return keys if call.tags else {**keys, "aws:tagkeys": None}


def trusts_web_identity(call: Call, role: RoleRecord, action: str, provider: str, identity: TokenIdentity) -> bool:
    """Return whether the role's trust policy allows the action to who has this token of the provider.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
    """
    policy = _policy(role.trust_policy) or {}
    statements = [
        # Trust policies have no Resource, and the statements have been chosen by their principal.
        {**statement, "Principal": "*", "Resource": "*", _VERSION_KEY: policy.get("Version")}
        for statement in _statements(policy)
        if isinstance(statement, dict) and _names_provider(statement, provider)
    ]
    context = evaluator.EvalContext(
        principal_arn=provider,
        principal_type=_WEB_IDENTITY,
        principal_account=Arn.parse(role.arn).account,
        action=action,
        resource_arn=role.arn,
        region=responses.get_region(),
        service_context={**identity.trust_keys(), **_role_keys(call, role)},
        request_tags=call.tags,
        tag_keys=list(call.tags),
    )
    return bool(evaluator.evaluate(context, [parse_policy_document({"Statement": statements})]).decision == "Allow")


def _names_provider(statement: dict[str, Any], provider: str) -> bool:
    """A trust policy names a provider by its ARN, or everybody."""
    if "NotPrincipal" in statement:
        return statement.get("Effect") == "Deny" and not _federated(statement["NotPrincipal"], provider)
    principal = statement.get("Principal")
    return principal in ("*", {"AWS": "*"}, {"AWS": ["*"]}) or _federated(principal, provider)


def _federated(principal: Any, provider: str) -> bool:
    named = principal.get("Federated") if isinstance(principal, dict) else None
    return provider in (named if isinstance(named, list) else [named])

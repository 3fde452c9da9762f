"""How ministack authorizes requests, and answers those to STS and IAM, with the rules of AWS added."""

from typing import Any
from urllib.parse import quote

from temp_access.local_aws.rules import assume_role, order, session_policy
from temp_access.local_aws.rules.call import AwsError, Call, Response, form_parameters
from temp_access.local_aws.server.context import request_context
from temp_access.local_aws.server.ministack import cloudformation, iam_resources, policies, s3_requests, stores
from temp_access.local_aws.server.ministack.stores import app, evaluator, iam_service, sts_service

_enforce = evaluator.enforce
_evaluate_trust_policy = evaluator.evaluate_trust_policy
_handle_iam = iam_service.handle_request
_handle_sts = sts_service.handle_request
Headers = dict[str, str]
Query = dict[str, list[str]]


def install() -> None:
    """Replace ministack's functions by those of this package; call it before ministack serves its first request."""
    stores.install()
    policies.install()
    cloudformation.install()
    s3_requests.install()
    iam_resources.install()
    evaluator.enforce = enforce
    evaluator.evaluate_trust_policy = evaluate_trust_policy
    iam_service.handle_request = handle_iam
    sts_service.handle_request = handle_sts


def enforce(
    access_key: str,
    action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:
    """Apply the rules for temporary credentials, then decide as ministack does; `handle_sts` decides AssumeRole.

    Returns None when the action is allowed, else ministack's AuthError.
    """
    context = request_context.get()
    if context is not None and context.action is None:
        context.action = action
    invalid_credentials = evaluator.check_credentials(access_key, service)
    if invalid_credentials is not None:
        return invalid_credentials
    try:
        caller = stores.caller_of(access_key)
        assume_role.session_token_limits(caller, action)
        assume_role.federation_token_limits(caller, action)
    except AwsError as error:
        return evaluator.AuthError(error.code, error.message)
    if action == "sts:AssumeRole":
        return None
    return _enforce(access_key, action, service, region, resource_arn, service_context)


async def handle_sts(method: str, path: str, headers: Headers, body: bytes, query: Query) -> Response:
    """Answer a request to STS that obeys the rules of AWS; answer any other with the error of the rule it breaks."""
    call = _call(headers, body, query)
    context = request_context.get()
    try:
        order.check_sts(call, stores.role_of, policies.allows_on_role)
    except AwsError as error:
        return error.query_xml("sts")
    if context is not None:
        context.assume_role_call = call if call.action == "AssumeRole" else None
    status, reply_headers, reply = await _handle_sts(method, path, headers, body, query)
    if call.action == "AssumeRole" and status == 200:
        percent = session_policy.packed_percent(call)
        identity = f"<SourceIdentity>{call.source_identity}</SourceIdentity>" if call.source_identity else ""
        packed_size = f"<PackedPolicySize>{percent}</PackedPolicySize>{identity}".encode()
        reply = reply.replace(b"<PackedPolicySize>0</PackedPolicySize>", packed_size)
    return status, reply_headers, reply


def evaluate_trust_policy(document: Any, caller_arn: str, context: Any = None) -> bool:
    """Return True for the AssumeRole that `handle_sts` has just allowed: ministack would decide again, knowing less."""
    request = request_context.get()
    call = request.assume_role_call if request is not None else None
    if call is not None and context is not None and context.resource_arn == call.get("RoleArn"):
        return True
    return bool(_evaluate_trust_policy(document, caller_arn, context))


async def handle_iam(method: str, path: str, headers: Headers, body: bytes, query: Query) -> Response:
    """Answer a request to IAM that obeys the rules of AWS; answer any other with the error of the rule it breaks."""
    call = _call(headers, body, query)
    try:
        names = {"RoleName": iam_service._roles.keys(), "UserName": iam_service._users.keys()}
        implied_user = order.check_iam(call, stores.principal_exists, stores.access_key_owners(), names)
    except AwsError as error:
        return error.query_xml("iam")
    if implied_user is not None:
        body += f"&UserName={quote(implied_user)}".encode()
    deleted_principals = {
        "DeleteUser": (iam_service._users, "UserName"),
        "DeleteRole": (iam_service._roles, "RoleName"),
    }
    records, name_key = deleted_principals.get(call.action, ({}, ""))
    deleted = records.get(call.get(name_key) or "")
    response: Response = await _handle_iam(method, path, headers, body, query)
    if deleted is not None and response[0] == 200:
        stores.forget_principal(deleted)
    return response


def _call(headers: Headers, body: bytes, query: Query) -> Call:
    parameters = form_parameters(query, body)
    access_key = app.extract_access_key_id(headers, query)
    return Call(parameters.get("Action", ""), parameters, access_key, stores.caller_of(access_key))

"""How ministack authorizes and answers requests to STS, IAM and S3, with the rules of AWS added."""

import importlib
from typing import Any
from urllib.parse import quote

from temp_access.iam.arn import object_arn
from temp_access.local_aws.rules import assume_role, iam, order, s3, session_policy
from temp_access.local_aws.rules.call import AwsError, Call, Response, form_parameters
from temp_access.local_aws.server.context import request_context
from temp_access.local_aws.server.ministack import policies, stores
from temp_access.local_aws.server.ministack.policies import responses
from temp_access.local_aws.server.ministack.stores import app, evaluator, iam_service, sts_service

actions: Any = importlib.import_module("ministack.core.iam_actions")
s3_service: Any = importlib.import_module("ministack.services.s3")
_enforce = evaluator.enforce
_evaluate_trust_policy = evaluator.evaluate_trust_policy
_s3_additional_checks = actions.s3_additional_checks
_extract_iam_action = actions.extract_iam_action
_handle_iam = iam_service.handle_request
_handle_s3 = s3_service.handle_request
_handle_sts = sts_service.handle_request
Headers = dict[str, str]
Query = dict[str, list[str]]


def install() -> None:
    """Replace ministack's functions by those of this package; call it before ministack serves its first request."""
    stores.install()
    policies.install()
    evaluator.enforce = enforce
    evaluator.evaluate_trust_policy = evaluate_trust_policy
    actions.s3_additional_checks = s3_additional_checks
    actions.extract_iam_action = extract_iam_action
    iam_service.handle_request = handle_iam
    s3_service.handle_request = handle_s3
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
    denial = _enforce(access_key, action, service, region, resource_arn, service_context)
    if denial is None and context is not None and action in ("s3:GetObject", "s3:GetObjectVersion"):
        bucket = resource_arn.partition("/")[0]
        context.missing_object_error = lambda: _missing_object_error(access_key, region, bucket)
    return denial


def _missing_object_error(access_key: str, region: str, bucket: str) -> AwsError | None:
    """A missing object answers 403 to a caller that may not list the bucket; `bucket` is the bucket's ARN.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    exists = s3_service._bucket_owner_account(bucket.rpartition(":")[2]) is not None
    denial = _enforce(access_key, "s3:ListBucket", "s3", region, bucket) if exists else None
    if denial is None:
        return None
    arn = getattr(denial, "principal_arn", "")
    return AwsError(
        "AccessDenied",
        f"User: {arn} is not authorized to perform: s3:ListBucket on resource: "
        f'"{bucket}" because no identity-based policy allows the s3:ListBucket action',
        403,
    )


def s3_additional_checks(method: str, path: str, headers: Headers, body: bytes, query: Query) -> list[tuple[str, str]]:
    """Return ministack's further checks, and those for a write with tags, an ACL or an object lock.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    checks: list[tuple[str, str]] = _s3_additional_checks(method, path, headers, body, query)
    bucket, _, key = path.lstrip("/").partition("/")
    if key and actions._s3_action(method, path, query) == "PutObject":
        checks += [(action, object_arn("aws", bucket, key)) for action in s3.write_actions(headers)]
    return checks


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
        implied_user = order.check_iam(call, stores.principal_exists, stores.access_key_owners())
    except AwsError as error:
        return error.query_xml("iam")
    if implied_user is not None:
        body += f"&UserName={quote(implied_user)}".encode()
    deleted_principals = {
        "DeleteUser": (iam_service._users, "UserName", "UserId"),
        "DeleteRole": (iam_service._roles, "RoleName", "RoleId"),
    }
    records, name_key, id_key = deleted_principals.get(call.action, ({}, "", ""))
    deleted = records.get(call.get(name_key) or "")
    response: Response = await _handle_iam(method, path, headers, body, query)
    if deleted is not None and response[0] == 200:
        for role in iam_service._roles.values():
            trust = role["AssumeRolePolicyDocument"]
            if isinstance(trust, str):
                role["AssumeRolePolicyDocument"] = iam.replace_deleted_principal(trust, deleted["Arn"], deleted[id_key])
    return response


def extract_iam_action(service: str, method: str, path: str, headers: Headers, body: bytes, query: Query) -> str | None:
    """Return ministack's action, but None for DeleteObjects: `handle_s3` authorizes each of its keys.

    ministack would deny the whole request for one key.
    """
    if service == "s3" and _is_batch_delete(method, path, query):
        return None
    action: str | None = _extract_iam_action(service, method, path, headers, body, query)
    return action


async def handle_s3(method: str, path: str, headers: Headers, body: bytes, query: Query, **options: Any) -> Any:
    """Answer a request to S3; of a DeleteObjects, only the keys that the caller may delete reach ministack."""
    if method == "PUT" and "policy" in query:
        try:
            iam.bucket_policy_principals_exist(body.decode("utf-8", "replace"), stores.principal_exists)
        except AwsError as error:
            return error.rest_xml()
    if not _is_batch_delete(method, path, query):
        return await _handle_s3(method, path, headers, body, query, **options)
    access_key, region = app.extract_access_key_id(headers, query), responses.get_region()
    bypass = headers.get("x-amz-bypass-governance-retention", "").lower() == "true"
    bucket = path.strip("/")

    def may_delete(key: str, version: str) -> bool:
        required = ["s3:DeleteObjectVersion" if version else "s3:DeleteObject"]
        required += ["s3:BypassGovernanceRetention"] if bypass else []
        arn = object_arn("aws", bucket, key)
        return all(enforce(access_key, action, "s3", region, arn) is None for action in required)

    try:
        permitted_body, permitted, denied = s3.split_batch_delete(body, may_delete)
    except ValueError:
        return AwsError("MalformedXML", "The XML you provided was not well-formed").rest_xml()
    if not denied:
        return await _handle_s3(method, path, headers, body, query, **options)
    # The checksums are those of the original body.
    unsummed = {
        name: value for name, value in headers.items() if not name.startswith(("content-md5", "x-amz-checksum"))
    }
    response = (
        await _handle_s3(method, path, unsummed, permitted_body, query, **options) if permitted else (200, {}, b"")
    )
    status, reply_headers, reply = response
    if status == 200:
        reply = s3.add_delete_errors(reply, denied)
        reply_headers = {**reply_headers, "Content-Type": "application/xml"}
        reply_headers.pop("Content-Length", None)
    return status, reply_headers, reply


def _is_batch_delete(method: str, path: str, query: Query) -> bool:
    return method == "POST" and "delete" in query and "/" not in path.strip("/")


def _call(headers: Headers, body: bytes, query: Query) -> Call:
    parameters = form_parameters(query, body)
    access_key = app.extract_access_key_id(headers, query)
    return Call(parameters.get("Action", ""), parameters, access_key, stores.caller_of(access_key))

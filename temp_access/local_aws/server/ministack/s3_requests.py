"""How ministack authorizes and answers requests to S3, with the rules of AWS added."""

import importlib
import secrets
from typing import Any

from temp_access.iam.arn import bucket_arn, object_arn
from temp_access.local_aws.rules import iam, s3
from temp_access.local_aws.rules.call import AwsError, Response
from temp_access.local_aws.server.ministack import stores
from temp_access.local_aws.server.ministack.policies import responses
from temp_access.local_aws.server.ministack.stores import app, evaluator

Headers = dict[str, str]
Query = dict[str, list[str]]
actions: Any = importlib.import_module("ministack.core.iam_actions")
s3_service: Any = importlib.import_module("ministack.services.s3")
_additional_checks = actions.s3_additional_checks
_extract_action = actions.extract_iam_action
_extract_resource_arn = actions.extract_resource_arn
_handle = s3_service.handle_request
_s3_action = actions._s3_action
_COMPLETED_UPLOADS = 1000
# Random, so that no request can name it.
_OTHER_KEY = secrets.token_hex(16)


def install() -> None:
    """Replace ministack's functions for S3 by those of this module."""
    actions._s3_action = s3_action
    actions.s3_additional_checks = additional_checks
    actions.extract_iam_action = extract_action
    actions.extract_resource_arn = extract_resource_arn
    s3_service.handle_request = handle


def s3_action(method: str, path: str, query: Query) -> str | None:
    """Return ministack's action; a key of slashes only is a key too, and not the bucket."""
    bucket, key = s3.bucket_and_key(path)
    action: str | None = _s3_action(method, f"/{bucket}/{_OTHER_KEY}" if key else f"/{bucket}", query)
    return action


def extract_action(service: str, method: str, path: str, headers: Headers, body: bytes, query: Query) -> str | None:
    """Return ministack's action, but None for DeleteObjects: `handle` authorizes each of its keys.

    ministack would deny the whole request for one key.
    """
    if service == "s3" and _is_batch_delete(method, path, query):
        return None
    action: str | None = _extract_action(service, method, path, headers, body, query)
    return action


def extract_resource_arn(
    service: str, method: str, path: str, headers: Headers, body: bytes, query: Query, region: str, account_id: str
) -> str:
    """Return the ARN of what a request names: an object's key is kept as it is, with its empty and dotted segments.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    bucket, key = s3.bucket_and_key(path)
    if service == "s3" and key:
        return object_arn("aws", bucket, key)
    return str(_extract_resource_arn(service, method, path, headers, body, query, region, account_id))


def additional_checks(method: str, path: str, headers: Headers, body: bytes, query: Query) -> list[tuple[str, str]]:
    """Return ministack's further checks, and those for a write with tags, an ACL, an object lock or a condition.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    bucket, key = s3.bucket_and_key(path)
    # ministack drops the empty segments of a key, so it gets another key in its place.
    other_path = f"/{bucket}/{_OTHER_KEY}" if key else f"/{bucket}"
    arn, other_arn = (object_arn("aws", bucket, name) for name in (key, _OTHER_KEY))
    checks: list[tuple[str, str]] = _additional_checks(method, other_path, headers, body, query)
    checks = [(action, arn if resource == other_arn else resource) for action, resource in checks]
    if key and s3_action(method, path, query) == "PutObject":
        checks += [(action, arn) for action in s3.write_actions(headers)]
    return checks


async def handle(method: str, path: str, headers: Headers, body: bytes, query: Query, **options: Any) -> Any:
    """Answer a request to S3 that obeys the rules of AWS; answer any other with the error of the rule it breaks."""
    try:
        s3.bucket_comes_first(path)
        s3.relative_segments(s3.bucket_and_key(path)[1])
        if method == "PUT" and "policy" in query:
            iam.bucket_policy_is_json(body.decode("utf-8", "replace"))
            iam.bucket_policy_principals_exist(body.decode("utf-8", "replace"), stores.principal_exists)
    except AwsError as error:
        return error.rest_xml()
    if _is_batch_delete(method, path, query):
        return await _delete_objects(method, path, headers, body, query, **options)
    response = await _handle(method, path, headers, body, query, **options)
    if method == "POST" and "uploadId" in query:
        _forget_completed_uploads()
    if response[0] == 404 and not options.get("internal"):
        denial = _missing_object_denial(method, path, headers, query, response[2])
        if denial is not None:
            status, denial_headers, denial_body = denial.rest_xml()
            return status, denial_headers, b"" if method == "HEAD" else denial_body
    return response


def _forget_completed_uploads() -> None:
    """Keep the answers to the last uploads, for clients that complete one again; ministack would keep all of them."""
    answers = s3_service._completed_multipart_uploads._data
    while len(answers) > _COMPLETED_UPLOADS:
        del answers[next(iter(answers))]


def _missing_object_denial(method: str, path: str, headers: Headers, query: Query, reply: bytes) -> AwsError | None:
    """Return the denial that a caller gets instead of 404 for the object that is missing, or None."""
    merged = s3_service._merge_hoisted_amz_headers(headers, query)
    bucket, key = s3.missing_object(method, path, merged.get("x-amz-copy-source", ""), reply)
    if not key or s3_service._bucket_owner_account(bucket) is None:
        return None
    access_key, region = app.extract_access_key_id(headers, query), responses.get_region()
    arn = bucket_arn("aws", bucket)
    denial = evaluator.enforce(access_key, "s3:ListBucket", "s3", region, arn, {"s3:prefix": key})
    return None if denial is None else s3.missing_object_denial(getattr(denial, "principal_arn", ""), arn)


async def _delete_objects(
    method: str, path: str, headers: Headers, body: bytes, query: Query, **options: Any
) -> Response:
    """Answer a DeleteObjects: only the keys that the caller may delete reach ministack."""
    access_key, region = app.extract_access_key_id(headers, query), responses.get_region()
    bypass = headers.get("x-amz-bypass-governance-retention", "").lower() == "true"
    bucket, _ = s3.bucket_and_key(path)

    def may_delete(key: str, version: str) -> bool:
        required = ["s3:DeleteObjectVersion" if version else "s3:DeleteObject"]
        required += ["s3:BypassGovernanceRetention"] if bypass else []
        arn = object_arn("aws", bucket, key)
        return all(evaluator.enforce(access_key, action, "s3", region, arn) is None for action in required)

    try:
        permitted_body, permitted, denied = s3.split_batch_delete(body, may_delete)
    except ValueError:
        return AwsError("MalformedXML", "The XML you provided was not well-formed").rest_xml()
    if not denied:
        whole: Response = await _handle(method, path, headers, body, query, **options)
        return whole
    # The checksums are those of the original body.
    unsummed = {
        name: value for name, value in headers.items() if not name.startswith(("content-md5", "x-amz-checksum"))
    }
    response: Response = (
        await _handle(method, path, unsummed, permitted_body, query, **options) if permitted else (200, {}, b"")
    )
    status, reply_headers, reply = response
    if status == 200:
        reply = s3.add_delete_errors(reply, denied)
        reply_headers = {**reply_headers, "Content-Type": "application/xml"}
        reply_headers.pop("Content-Length", None)
    return status, reply_headers, reply


def _is_batch_delete(method: str, path: str, query: Query) -> bool:
    return method == "POST" and "delete" in query and not s3.bucket_and_key(path)[1]

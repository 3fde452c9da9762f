"""The S3 and IAM calls of probes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from temp_access.aws.answers import is_missing, lacks_code
from temp_access.aws.clients import Clients
from temp_access.aws.once import repeated
from temp_access.deployment.target import Target
from temp_access.verify.live.presigned import call_presigned
from temp_access.verify.outcomes import SetupError, UnexpectedResponse
from temp_access.verify.probes import ServiceCall

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import TaggingTypeDef


T = TypeVar("T")
BODY = b"temp-access verify"
_TAGS: "TaggingTypeDef" = {"TagSet": [{"Key": "temp-access", "Value": "verify"}]}
_NO_ETAG = '"temp-access"'


def call_service(call: ServiceCall, clients: Clients, deployer: Clients, target: Target) -> None:
    """Make `call` with `clients`; raises ClientError if it is refused."""
    name, s3 = call.operation, clients.s3
    bucket, key = call.bucket, call.key
    match name:
        case "list-v1" | "list-v2":
            _list(s3, call)
        case "get":
            # The body can be cut after an answer that was whole.
            repeated(lambda: s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        case "head":
            _head(s3, bucket, key)
        case "head-marker":
            _is_missing(lambda: _head(s3, bucket, key))
        case "get-missing":
            if not _is_missing(lambda: s3.get_object(Bucket=bucket, Key=key)):
                raise UnexpectedResponse("the key that nobody created exists")
        case "put":
            s3.put_object(Bucket=bucket, Key=key, Body=BODY)
        case "presigned-get" | "presigned-put":
            method, body = ("PUT", BODY) if name == "presigned-put" else ("GET", None)
            call_presigned(s3, method, bucket, key, body)
        case "delete":
            _prepare(lambda: deployer.s3.put_object(Bucket=call.bucket, Key=call.key, Body=BODY))
            s3.delete_object(Bucket=bucket, Key=key)
        case "multipart":
            repeated(lambda: _multipart(s3, call))
        case "list-parts" | "abort":
            # After a lost answer another upload is tried: that one is gone may have another reason.
            repeated(lambda: _deployers_upload(s3, deployer.s3, call))
        case "copy":
            s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": call.bucket, "Key": str(call.source)})
        case "get-tagging":
            s3.get_object_tagging(Bucket=bucket, Key=key)
        case "put-tagging":
            s3.put_object_tagging(Bucket=bucket, Key=key, Tagging=_TAGS)
        case "get-acl":
            s3.get_object_acl(Bucket=bucket, Key=key)
        case "get-version" | "delete-version" | "get-version-tagging" | "put-version-tagging" | "get-version-acl":
            _on_deployers_version(s3, deployer.s3, call)
        case "get-bucket-policy":
            s3.get_bucket_policy(Bucket=call.bucket)
        case "get-bucket-location":
            s3.get_bucket_location(Bucket=call.bucket)
        case "list-versions":
            s3.list_object_versions(Bucket=call.bucket, MaxKeys=0, **_prefix(call))
        case "list-buckets":
            s3.list_buckets(MaxBuckets=1)
        case "list-users":
            clients.iam.list_users(MaxItems=1)
        case "list-keys":
            clients.iam.list_access_keys(UserName=key.rpartition("/")[2])
        case "get-role":
            clients.iam.get_role(RoleName=key.rpartition("/")[2] or target.role_name)
        case _:
            raise NotImplementedError(name)


def _is_missing(call: Callable[[], object]) -> bool:
    """Make `call`, and return whether the answer is that the key is missing; raises ClientError for others."""
    from botocore.exceptions import ClientError

    try:
        call()
    except ClientError as error:
        if not is_missing(error, "NoSuchKey"):
            raise
        return True
    return False


def _head(s3: "S3Client", bucket: str, key: str) -> None:
    """Call HeadObject; raises ClientError with the code that GetObject gets, if it fails."""
    from botocore.exceptions import ClientError

    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        # The answer to HEAD has a status but no code. S3's 404 says enough; 403 and 400 can mean expired credentials
        # or a wrong clock too. The same permission decides about GetObject:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        if is_missing(error):
            error.response["Error"]["Code"] = "NoSuchKey"
        if not lacks_code(error):
            raise
        status = error.response["Error"]["Code"]
        try:
            # With a condition that no object meets, so that nobody's content is sent.
            s3.get_object(Bucket=bucket, Key=key, IfMatch=_NO_ETAG)["Body"].close()
        except ClientError as answer:
            if answer.response["Error"]["Code"] != "PreconditionFailed":
                raise
        raise SetupError(f"HeadObject got {status}, although GetObject is allowed") from error


def _list(s3: "S3Client", call: ServiceCall) -> None:
    # MaxKeys=0, so that no names are read even if the listing is wrongly allowed.
    if call.operation == "list-v1":
        s3.list_objects(Bucket=call.bucket, MaxKeys=0, **_prefix(call))
    else:
        s3.list_objects_v2(Bucket=call.bucket, MaxKeys=0, **_prefix(call))


def _prefix(call: ServiceCall) -> dict[str, Any]:
    return {} if call.prefix is None else {"Prefix": call.prefix}


def _multipart(s3: "S3Client", call: ServiceCall) -> None:
    upload = s3.create_multipart_upload(Bucket=call.bucket, Key=call.key)["UploadId"]
    part = s3.upload_part(Bucket=call.bucket, Key=call.key, UploadId=upload, PartNumber=1, Body=BODY)
    s3.complete_multipart_upload(
        Bucket=call.bucket,
        Key=call.key,
        UploadId=upload,
        MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]},
    )


def _deployers_upload(s3: "S3Client", deployer: "S3Client", call: ServiceCall) -> None:
    # An upload that nobody knows is under the run's prefix, so the clean-up removes it.
    upload = _prepare(lambda: deployer.create_multipart_upload(Bucket=call.bucket, Key=call.key))
    if call.operation == "abort":
        s3.abort_multipart_upload(Bucket=call.bucket, Key=call.key, UploadId=upload["UploadId"])
    else:
        s3.list_parts(Bucket=call.bucket, Key=call.key, UploadId=upload["UploadId"])


def _on_deployers_version(s3: "S3Client", deployer: "S3Client", call: ServiceCall) -> None:
    bucket, key = call.bucket, call.key
    made = _prepare(lambda: deployer.put_object(Bucket=bucket, Key=key, Body=BODY))
    # Without versioning, an object's only version is `null`.
    version = made.get("VersionId", "null")
    match call.operation:
        case "get-version":
            s3.get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read()
        case "delete-version":
            s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
        case "get-version-tagging":
            s3.get_object_tagging(Bucket=bucket, Key=key, VersionId=version)
        case "put-version-tagging":
            s3.put_object_tagging(Bucket=bucket, Key=key, VersionId=version, Tagging=_TAGS)
        case _:
            s3.get_object_acl(Bucket=bucket, Key=key, VersionId=version)


def _prepare(step: Callable[[], T]) -> T:
    from botocore.exceptions import ClientError

    try:
        return repeated(step)
    except ClientError as error:
        raise SetupError(f"the deployer couldn't create the probe's object: {error}") from error

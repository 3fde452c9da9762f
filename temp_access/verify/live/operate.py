"""Making one S3 or IAM call of a probe, with what it needs made ready by the deployer just before."""

import html
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from temp_access.sts.clients import Clients
from temp_access.verify.model import ServiceCall, Target
from temp_access.verify.observe import SetupError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from types_boto3_s3 import S3Client

Made = TypeVar("Made")

BODY = b"temp-access verify"


def call_service(call: ServiceCall, clients: Clients, deployer: Clients, target: Target) -> None:
    """Make `call` with `clients`; raises ClientError if it is refused."""
    name, s3 = call.operation, clients.s3
    bucket, key = call.bucket, call.key
    match name:
        case "list-v1" | "list-v2":
            _list(s3, call)
        case "get":
            s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        case "head":
            s3.head_object(Bucket=bucket, Key=key)
        case "put":
            s3.put_object(Bucket=bucket, Key=key, Body=BODY)
        case "presigned-get" | "presigned-put":
            _presigned(s3, call)
        case "delete":
            _ready(lambda: deployer.s3.put_object(Bucket=call.bucket, Key=call.key, Body=BODY))
            s3.delete_object(Bucket=bucket, Key=key)
        case "multipart":
            _multipart(s3, call)
        case "list-parts" | "abort":
            _upload_of_the_deployer(s3, deployer.s3, call)
        case "copy":
            s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": call.bucket, "Key": str(call.source)})
        case "get-tagging":
            s3.get_object_tagging(Bucket=bucket, Key=key)
        case "get-bucket-policy":
            s3.get_bucket_policy(Bucket=call.bucket)
        case "get-bucket-location":
            s3.get_bucket_location(Bucket=call.bucket)
        case "list-versions":
            s3.list_object_versions(Bucket=call.bucket, MaxKeys=0)
        case "list-buckets":
            s3.list_buckets(MaxBuckets=1)
        case "list-users":
            clients.iam.list_users(MaxItems=1)
        case "get-role":
            clients.iam.get_role(RoleName=target.role_name)
        case _:
            raise NotImplementedError(name)


def _list(s3: "S3Client", call: ServiceCall) -> None:
    # No key is asked for, so nobody's names are read even if the listing is wrongly allowed.
    prefix: dict[str, Any] = {} if call.prefix is None else {"Prefix": call.prefix}
    if call.operation == "list-v1":
        s3.list_objects(Bucket=call.bucket, MaxKeys=0, **prefix)
    else:
        s3.list_objects_v2(Bucket=call.bucket, MaxKeys=0, **prefix)


def _multipart(s3: "S3Client", call: ServiceCall) -> None:
    upload = s3.create_multipart_upload(Bucket=call.bucket, Key=call.key)["UploadId"]
    part = s3.upload_part(Bucket=call.bucket, Key=call.key, UploadId=upload, PartNumber=1, Body=BODY)
    s3.complete_multipart_upload(
        Bucket=call.bucket,
        Key=call.key,
        UploadId=upload,
        MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]},
    )


def _upload_of_the_deployer(s3: "S3Client", deployer: "S3Client", call: ServiceCall) -> None:
    made = _ready(lambda: deployer.create_multipart_upload(Bucket=call.bucket, Key=call.key))
    if call.operation == "abort":
        s3.abort_multipart_upload(Bucket=call.bucket, Key=call.key, UploadId=made["UploadId"])
    else:
        s3.list_parts(Bucket=call.bucket, Key=call.key, UploadId=made["UploadId"])


def _ready(prepare: Callable[[], Made]) -> Made:
    from botocore.exceptions import ClientError

    try:
        return prepare()
    except ClientError as error:
        raise SetupError(f"the deployer couldn't make the probe's object: {error}") from error


def _presigned(s3: "S3Client", call: ServiceCall) -> None:
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    putting = call.operation == "presigned-put"
    url = s3.generate_presigned_url(
        "put_object" if putting else "get_object", Params={"Bucket": call.bucket, "Key": call.key}, ExpiresIn=60
    )
    # As anybody would use the URL: without credentials.
    request = AWSRequest("PUT" if putting else "GET", url, data=BODY if putting else None)
    bundle: Any = os.environ.get("AWS_CA_BUNDLE") or True
    response = URLLib3Session(verify=bundle, proxies=get_environ_proxies(url)).send(request.prepare())
    if response.status_code >= 300:
        raise _as_client_error(response.status_code, response.content)


def _as_client_error(status: int, body: bytes) -> "ClientError":
    from botocore.exceptions import ClientError

    code, message = (re.search(f"<{tag}>(.*?)</{tag}>".encode(), body, re.DOTALL) for tag in ("Code", "Message"))
    return ClientError(
        {
            "Error": {
                "Code": code[1].decode() if code else str(status),
                "Message": html.unescape(message[1].decode()) if message else "",
            },
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        "presigned URL",
    )

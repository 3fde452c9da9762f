"""The operations that probes call, and the IAM actions on which resources each of them needs.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from temp_access.policy.access import LIST_BUCKET, AccessMode
from temp_access.verify.model import ServiceCall


class Level(Enum):
    """What an operation's action is granted on."""

    OBJECT = "object"
    BUCKET = "bucket"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation's action, what that is granted on, and how people call it."""

    action: str
    level: Level
    words: str
    reads_source: bool = False


_GET, _PUT = "s3:GetObject", "s3:PutObject"
OPERATIONS = MappingProxyType(
    {
        "list-v1": Operation(LIST_BUCKET, Level.BUCKET, "list (ListObjects)"),
        "list-v2": Operation(LIST_BUCKET, Level.BUCKET, "list (ListObjectsV2)"),
        "get": Operation(_GET, Level.OBJECT, "get"),
        "head": Operation(_GET, Level.OBJECT, "head"),
        "presigned-get": Operation(_GET, Level.OBJECT, "get by presigned URL"),
        "put": Operation(_PUT, Level.OBJECT, "put"),
        "presigned-put": Operation(_PUT, Level.OBJECT, "put by presigned URL"),
        "delete": Operation("s3:DeleteObject", Level.OBJECT, "delete"),
        "multipart": Operation(_PUT, Level.OBJECT, "put in parts"),
        "list-parts": Operation("s3:ListMultipartUploadParts", Level.OBJECT, "list the parts of an upload"),
        "abort": Operation("s3:AbortMultipartUpload", Level.OBJECT, "abort an upload in parts"),
        "copy": Operation(_PUT, Level.OBJECT, "copy", reads_source=True),
        "get-tagging": Operation("s3:GetObjectTagging", Level.OBJECT, "get the tags"),
        "get-bucket-policy": Operation("s3:GetBucketPolicy", Level.BUCKET, "read the bucket policy"),
        "get-bucket-location": Operation("s3:GetBucketLocation", Level.BUCKET, "read the bucket's location"),
        "list-versions": Operation("s3:ListBucketVersions", Level.BUCKET, "list all versions"),
        "list-buckets": Operation("s3:ListAllMyBuckets", Level.SERVICE, "list the account's buckets"),
        "list-users": Operation("iam:ListUsers", Level.SERVICE, "list IAM users"),
        "get-role": Operation("iam:GetRole", Level.SERVICE, "look the role up (iam:GetRole)"),
    }
)


@dataclass(frozen=True, slots=True)
class Need:
    """One action on one resource that a call needs; `prefix` is the listing's, None if it has none."""

    action: str
    resource: str
    prefix: str | None = None


def needs(call: ServiceCall, *, partition: str, account: str, role_arn: str) -> Iterator[Need]:
    """Yield what must be allowed for `call` to succeed."""
    operation = OPERATIONS[call.operation]
    bucket_arn = f"arn:{partition}:s3:::{call.bucket}"
    if operation.level is Level.OBJECT:
        yield Need(operation.action, f"{bucket_arn}/{call.key}")
        if operation.reads_source:
            yield Need(_GET, f"{bucket_arn}/{call.source}")
    elif operation.level is Level.BUCKET:
        yield Need(operation.action, bucket_arn, call.prefix)
    else:
        own = {
            "get-role": role_arn,
            "list-buckets": "*",
            "list-users": f"arn:{partition}:iam::{account}:user/",
        }
        yield Need(operation.action, own[call.operation])


def within(access: AccessMode, operation_name: str) -> bool:
    """Whether `access` has what the operation needs, inside the folder (for the role: in the bucket)."""
    operation = OPERATIONS[operation_name]
    if operation.level is Level.SERVICE or (operation.level is Level.BUCKET and operation.action != LIST_BUCKET):
        return False
    return access.allows(operation.action) and (not operation.reads_source or access.allows(_GET))

"""The S3 and IAM operations of probes, and the prefixes that a run uses."""

import secrets
import time
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from temp_access.config.validation import RESERVED
from temp_access.iam.arn import bucket_arn, iam_arn, object_arn
from temp_access.iam.policy_json import LIST_BUCKET
from temp_access.policies.access_modes import AccessMode
from temp_access.verify.probes import ServiceCall


class Level(Enum):
    """The kind of resource that an operation's action is granted on."""

    OBJECT = "object"
    BUCKET = "bucket"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation's action, the kind of resource it is granted on, and a description for reports.

    With `tells_missing` the operation works also, or only, if the answer is that the key is missing. S3 says so to a
    caller that may list the bucket with the key as s3:prefix:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """

    action: str
    level: Level
    description: str
    reads_source: bool = False
    tells_missing: bool = False


_GET, _PUT = "s3:GetObject", "s3:PutObject"
OPERATIONS = MappingProxyType(
    {
        "list-v1": Operation(LIST_BUCKET, Level.BUCKET, "list (ListObjects)"),
        "list-v2": Operation(LIST_BUCKET, Level.BUCKET, "list (ListObjectsV2)"),
        "get": Operation(_GET, Level.OBJECT, "get"),
        "head": Operation(_GET, Level.OBJECT, "head"),
        "head-marker": Operation(_GET, Level.OBJECT, "head, or learn that the key is missing", tells_missing=True),
        "get-missing": Operation(_GET, Level.OBJECT, "learn that a key is missing", tells_missing=True),
        "presigned-get": Operation(_GET, Level.OBJECT, "get by presigned URL"),
        "put": Operation(_PUT, Level.OBJECT, "put"),
        "presigned-put": Operation(_PUT, Level.OBJECT, "put by presigned URL"),
        "delete": Operation("s3:DeleteObject", Level.OBJECT, "delete"),
        "multipart": Operation(_PUT, Level.OBJECT, "put in parts"),
        "list-parts": Operation("s3:ListMultipartUploadParts", Level.OBJECT, "list the parts of an upload"),
        "abort": Operation("s3:AbortMultipartUpload", Level.OBJECT, "abort an upload in parts"),
        "copy": Operation(_PUT, Level.OBJECT, "copy", reads_source=True),
        "get-tagging": Operation("s3:GetObjectTagging", Level.OBJECT, "get the tags"),
        "put-tagging": Operation("s3:PutObjectTagging", Level.OBJECT, "set the tags"),
        "get-acl": Operation("s3:GetObjectAcl", Level.OBJECT, "get the ACL"),
        "get-version": Operation("s3:GetObjectVersion", Level.OBJECT, "get a version"),
        "delete-version": Operation("s3:DeleteObjectVersion", Level.OBJECT, "delete a version"),
        "get-version-tagging": Operation("s3:GetObjectVersionTagging", Level.OBJECT, "get a version's tags"),
        "put-version-tagging": Operation("s3:PutObjectVersionTagging", Level.OBJECT, "set a version's tags"),
        "get-version-acl": Operation("s3:GetObjectVersionAcl", Level.OBJECT, "get a version's ACL"),
        "get-bucket-policy": Operation("s3:GetBucketPolicy", Level.BUCKET, "read the bucket policy"),
        "get-bucket-location": Operation("s3:GetBucketLocation", Level.BUCKET, "read the bucket's Region"),
        "list-versions": Operation("s3:ListBucketVersions", Level.BUCKET, "list all versions"),
        "list-buckets": Operation("s3:ListAllMyBuckets", Level.SERVICE, "list the account's buckets"),
        "list-users": Operation("iam:ListUsers", Level.SERVICE, "list IAM users"),
        "list-keys": Operation("iam:ListAccessKeys", Level.SERVICE, "list the access keys"),
        "update-key": Operation("iam:UpdateAccessKey", Level.SERVICE, "set the state of its own access key"),
        "get-role": Operation("iam:GetRole", Level.SERVICE, "read the role (iam:GetRole)"),
    }
)


class Need(NamedTuple):
    """One action on one resource that a call needs; `prefix` is the listing's, None without one."""

    action: str
    resource: str
    prefix: str | None = None


def needs(call: ServiceCall, *, partition: str, account: str, role_arn: str) -> tuple[Need, ...]:
    """Return the actions that must be allowed for `call` to succeed."""
    operation = OPERATIONS[call.operation]
    if operation.level is Level.OBJECT:
        need = Need(operation.action, object_arn(partition, call.bucket, call.key))
        if operation.reads_source:
            return need, Need(_GET, object_arn(partition, call.bucket, str(call.source)))
        if operation.tells_missing:
            return need, Need(LIST_BUCKET, bucket_arn(partition, call.bucket), call.key)
        return (need,)
    if operation.level is Level.BUCKET:
        return (Need(operation.action, bucket_arn(partition, call.bucket), call.prefix),)
    if call.key and not call.bucket:
        return (Need(operation.action, iam_arn(partition, account, call.key)),)
    resources = {
        "get-role": role_arn,
        "list-buckets": "*",
        "list-users": iam_arn(partition, account, "user/"),
    }
    return (Need(operation.action, resources[call.operation]),)


def allowed_by_mode(access: AccessMode, operation_name: str) -> bool:
    """Whether an access mode allows an operation inside the folder (for the role: in the bucket)."""
    operation = OPERATIONS[operation_name]
    if operation.level is Level.BUCKET:
        return operation.action in access.bucket_actions
    return (
        operation.level is Level.OBJECT
        and access.allows(operation.action)
        and (not operation.reads_source or access.allows(_GET))
        and (not operation.tells_missing or access.allows_listing)
    )


def new_run() -> str:
    """Return a run's name: its start in UTC, and eight random hexadecimal digits."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(4)}"


# Characters that URLs encode, and that a client or server could decode twice or not at all.
SPECIAL = "a+b %2F 100% \u00e9?#&"
SEED = "seed"
SPECIAL_SEED = f"seed {SPECIAL}"


@dataclass(frozen=True, slots=True)
class RunPrefix:
    """A prefix (ending in '/') that only this run uses, and a description of where it lies."""

    prefix: str
    description: str

    def key(self, name: str) -> str:
        """Return the key of the object `name` under the prefix."""
        return self.prefix + name

    @property
    def seed(self) -> str:
        """The key of the object that the deployer creates under the prefix before the probes run."""
        return self.key(SEED)


def own_prefix(folder: str, run: str, description: str = "its folder") -> RunPrefix:
    """Return the prefix inside `folder`."""
    return RunPrefix(f"{folder}/{RESERVED}{run}/", description)


def sibling_prefix(folder: str, run: str) -> RunPrefix:
    """Return the prefix in a sibling whose name begins with all of `folder`."""
    return RunPrefix(f"{folder}{RESERVED}{run}/", "a sibling whose name begins with the folder's name")


def root_prefix(run: str) -> RunPrefix:
    """Return the prefix at the bucket's root."""
    return RunPrefix(f"{RESERVED}{run}/", "the bucket's root")


def empty_segment_prefix(folder: str, run: str) -> RunPrefix:
    """Return the prefix that lies inside `folder` if an empty segment at the start of a key is dropped."""
    return RunPrefix(f"/{folder}/{RESERVED}{run}/", "its folder after an empty segment")


def dotted_segments_prefix(folder: str, run: str) -> RunPrefix:
    """Return the prefix that lies inside `folder` if dotted segments are resolved; it begins with the root's."""
    return RunPrefix(
        f"{root_prefix(run).prefix}../{own_prefix(folder, run).prefix}", "its folder after dotted segments"
    )


def lookalike_prefix(folder: str, run: str) -> RunPrefix | None:
    """Return the prefix that `folder` matches if its wildcards aren't escaped, None without wildcards."""
    other = folder.replace("*", "x").replace("?", "y")
    return (
        None if other == folder else own_prefix(other, run, "a folder that its wildcards match if they aren't escaped")
    )


def all_prefixes(folder: str, run: str) -> tuple[RunPrefix, ...]:
    """Return the prefixes that the probes of a grant on `folder` may write under, except the root's."""
    other = lookalike_prefix(folder, run)
    prefixes = (own_prefix(folder, run), sibling_prefix(folder, run), empty_segment_prefix(folder, run))
    return (*prefixes, *((other,) if other else ()))

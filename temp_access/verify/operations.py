"""S3 and IAM operations; the run's prefixes."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from temp_access.config.validation import RESERVED
from temp_access.iam.request import LIST_BUCKET
from temp_access.policies.access_modes import AccessMode
from temp_access.verify.probes import ServiceCall


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
    description: str
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


def allowed_by_mode(access: AccessMode, operation_name: str) -> bool:
    """Whether `access` has what the operation needs, inside the folder (for the role: in the bucket)."""
    operation = OPERATIONS[operation_name]
    if operation.level is Level.SERVICE or (operation.level is Level.BUCKET and operation.action != LIST_BUCKET):
        return False
    return access.allows(operation.action) and (not operation.reads_source or access.allows(_GET))


def new_run() -> str:
    """Return a name for one run: its start in UTC, and eight random hexadecimal digits."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class RunPrefix:
    """A prefix (ending in '/') that only this run uses, and what it is to the grant."""

    prefix: str
    description: str

    def key(self, name: str) -> str:
        """Return the key called `name` here."""
        return self.prefix + name

    @property
    def seed(self) -> str:
        """The key of the object that the deployer puts here before the probes run."""
        return self.prefix + "seed"


def own_prefix(folder: str, run: str, description: str = "its folder") -> RunPrefix:
    """Return the place inside `folder`."""
    return RunPrefix(f"{folder}/{RESERVED}{run}/", description)


def sibling_prefix(folder: str, run: str) -> RunPrefix:
    """Return the place in a sibling whose name begins with the whole of `folder`."""
    return RunPrefix(f"{folder}{RESERVED}{run}/", "a sibling whose name begins with the folder's")


def root_prefix(run: str) -> RunPrefix:
    """Return the place at the bucket's root."""
    return RunPrefix(f"{RESERVED}{run}/", "the bucket's root")


def lookalike_prefix(folder: str, run: str) -> RunPrefix | None:
    """Return the place that `folder` would match if its wildcards weren't escaped, None without wildcards."""
    other = folder.replace("*", "x").replace("?", "y")
    return None if other == folder else own_prefix(other, run, "a folder that its wildcards would match")


def all_prefixes(folder: str, run: str) -> tuple[RunPrefix, ...]:
    """Return every place that the probes of a grant on `folder` may write to, the root's aside."""
    other = lookalike_prefix(folder, run)
    return (own_prefix(folder, run), sibling_prefix(folder, run), *((other,) if other else ()))

"""Reads a question from the arguments of `temp-access can`: WHO ACTION RESOURCE --context KEY=VALUE."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from temp_access.errors import UserError
from temp_access.iam.arn import bucket_arn, object_arn
from temp_access.iam.policy_json import LIST_BUCKET
from temp_access.iam.request import ContextValue
from temp_access.iam.statements import PREFIX_ACTIONS
from temp_access.lint.actions import unknown_action_note
from temp_access.whatif.model import PolicySource, Question

_ACTION = re.compile(r"[a-z0-9-]+:[a-z]\w*", re.IGNORECASE | re.ASCII)
_COPY = (
    "s3:PutObject, and s3:GetObject on what is copied (if it has tags, also s3:GetObjectTagging on it and "
    "s3:PutObjectTagging on the copy; AWS CLI v2 calls GetObjectTagging for every copy in parts; "
    "extras = ['tags'] in a grant allows both)"
)
# Operations of S3 that aren't IAM actions: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_OPERATIONS = MappingProxyType(
    {
        "s3:completemultipartupload": "s3:PutObject",
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        "s3:copyobject": _COPY,
        "s3:createmultipartupload": "s3:PutObject",
        "s3:deleteobjects": "s3:DeleteObject on each object",
        "s3:headbucket": LIST_BUCKET,
        "s3:headobject": "s3:GetObject",
        "s3:listbuckets": "s3:ListAllMyBuckets",
        "s3:listobjects": LIST_BUCKET,
        "s3:listobjectsv2": LIST_BUCKET,
        "s3:listobjectversions": "s3:ListBucketVersions",
        "s3:uploadpart": "s3:PutObject",
        "s3:uploadpartcopy": _COPY,
    }
)
# As access.toml writes a user or a role of the own account.
IAM_PATHS = ("user/", "role/")
_NO_CONTEXT: Mapping[str, ContextValue] = MappingProxyType({})
_LISTINGS = frozenset(action.lower() for action in PREFIX_ACTIONS)


def read_question(
    action: str,
    resource: str,
    prefix: str | None,
    source: PolicySource,
    context: Mapping[str, ContextValue] = _NO_CONTEXT,
) -> Question:
    """Return the question; `context` may hold the listing's prefix too. Raises UserError."""
    if not _ACTION.fullmatch(action):
        raise UserError(f"{action!r} isn't an action with its service; write one action, like s3:GetObject")
    if operation := _OPERATIONS.get(action.lower()):
        raise UserError(f"{action} is an operation of S3, not an action; ask about {operation}")
    is_listing = action.lower() in _LISTINGS
    if prefix is not None and not is_listing:
        raise UserError(f"--prefix is for {' and '.join(PREFIX_ACTIONS)}, not for {action}; leave it out")
    if is_listing:
        prefix = _listing_prefix(prefix, context)
    if action.lower().startswith(("sts:", "iam:")) and resource.startswith(IAM_PATHS):
        resource = source.iam_arn(resource)
    arn, notes = _resource(resource, source)
    bucket, _, key = arn.partition("/")
    if is_listing and key and bucket.startswith(bucket_arn(source.target.partition, "")):
        if prefix is not None:
            raise UserError(
                f"{resource} already names a prefix; write `bucket` as the resource, or leave out the other prefix"
            )
        arn, prefix = bucket, key
    if is_listing and prefix is None:
        notes.append(
            "without a prefix this lists the whole bucket; for one folder pass --prefix bob/, or bob/ as the resource"
        )
    notes += [*_resource_notes(action, arn, source), *unknown_action_note(action)]
    listing = f" with the prefix {prefix!r}" if prefix is not None else ""
    return Question(action, arn, f"{action} on {_resource_name(arn, source)}{listing}", prefix, tuple(notes))


def _listing_prefix(prefix: str | None, context: Mapping[str, ContextValue]) -> str | None:
    value = next((value for key, value in context.items() if key.lower() == "s3:prefix"), None)
    if value is None or value == prefix:
        return prefix
    if prefix is not None or not isinstance(value, str):
        raise UserError("a listing has one prefix; pass it once, with --prefix or with --context s3:prefix=…")
    return value


def _resource(resource: str, source: PolicySource) -> tuple[str, list[str]]:
    """Return the resource's ARN, and notes on how it was written."""
    target = source.target
    names = {"bucket": target.bucket_arn, "role": target.role_arn, "user": target.user_arn, "*": "*"}
    if resource in names:
        return names[resource], []
    if resource.startswith("s3://"):
        bucket, _, key = resource.removeprefix("s3://").partition("/")
        if not bucket:
            raise UserError(f"{resource!r} names no bucket; write s3://BUCKET/KEY, or the key alone")
        if bucket != target.bucket and not source.bucket_is_named:
            raise UserError(
                "CloudFormation chooses the bucket's name, so the templates don't show whether it is "
                f"{bucket}; write the key alone (bob/x) or `bucket`, or pass --deployed"
            )
        resource = object_arn(target.partition, bucket, key) if key else bucket_arn(target.partition, bucket)
    if not resource:
        raise UserError("the resource is empty; write a key like bob/x, bucket, role, s3://BUCKET/KEY or an ARN")
    notes = []
    if "*" in resource or "?" in resource:
        is_key = not resource.startswith("arn:") or resource.startswith(bucket_arn(target.partition, ""))
        kind = "object's key" if is_key else "resource"
        notes.append(f"* and ? are literal here: this is one {kind}, not a pattern")
    if resource.startswith("/"):
        notes.append("this key begins with a slash; without the slash it is a different key")
    if not resource.startswith("arn:"):
        return f"{target.bucket_arn}/{resource}", notes
    if resource.count(":") < 5:
        raise UserError(
            f"{resource!r} isn't an ARN: it has fewer than six parts; write a whole ARN, or a key like bob/x"
        )
    return resource, notes


def _resource_notes(action: str, arn: str, source: PolicySource) -> list[str]:
    """Return notes about another bucket, and about an action that doesn't fit the kind of resource."""
    target = source.target
    if not action.lower().startswith("s3:") or not arn.startswith(bucket_arn(target.partition, "")):
        return []
    notes = []
    if not f"{arn}/".startswith(f"{target.bucket_arn}/"):
        notes.append("this is another bucket; its own bucket policy, which may allow or deny this, is unknown")
    if "Object" in action and "/" not in arn:
        notes.append(f"{action} is an action on objects, and this is a bucket; name a key, like bob/x")
    if "Bucket" in action and "/" in arn:
        notes.append(f"{action} is an action on buckets, and this is an object; write `bucket`")
    return notes


def _resource_name(arn: str, source: PolicySource) -> str:
    target = source.target
    if arn.startswith(f"{target.bucket_arn}/"):
        return arn.removeprefix(f"{target.bucket_arn}/")
    names = {target.bucket_arn: "the bucket", target.role_arn: target.role_name, target.user_arn: target.user_name}
    if arn not in names and (role := source.role(arn)):
        return role.name
    return names.get(arn, arn)

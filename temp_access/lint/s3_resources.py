"""Buckets, access points and objects in the resources of a statement.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
"""

from temp_access.lint.meaning.patterns import resource_matches, text_matches

_SERVICES = ("s3", "s3-object-lambda", "s3-outposts", "s3express")
# What stands before the name of a bucket that isn't a general purpose bucket, and of an access point.
_TYPES = ("accesspoint", "bucket")
_FIELDS = 6
_EXAMPLES = ("arn:aws:s3:::example", "arn:aws:s3:eu-west-1:111122223333:accesspoint/example")


def s3_path(resource: str) -> tuple[str, str | None] | None:
    """Return the bucket or access point, and the key (None for the bucket itself), of an S3 ARN; else None.

    A reference is taken for the ARN of a bucket.
    """
    if resource.startswith("<"):
        return _bucket_and_key(resource)
    fields = resource.split(":", _FIELDS - 1)
    if len(fields) < _FIELDS or fields[0] != "arn" or not any(text_matches(fields[2], each) for each in _SERVICES):
        return None
    # The ARN of a bucket has no account.
    return (_of_access_point(fields[5]) if fields[4] else None) or _bucket_and_key(fields[5])


def may_be_bucket(resource: str) -> bool:
    """Whether a resource can match a bucket or an access point itself, not only objects."""
    path = s3_path(resource)
    if path:
        return path[1] is None
    return any(resource_matches(_with_partition(resource), each) for each in _EXAMPLES)


def _bucket_and_key(path: str) -> tuple[str, str | None]:
    bucket, slash, key = path.partition("/")
    return bucket, key if slash else None


def _of_access_point(path: str) -> tuple[str, str | None] | None:
    segments = path.split("/")
    if segments[0] == "outpost":
        segments = segments[2:]
    if len(segments) < 2 or not any(text_matches(segments[0], each) for each in _TYPES):
        return None
    key = "/".join(segments[2:]) if len(segments) > 2 else None
    return segments[1], key.removeprefix("object/") if key else key


def _with_partition(resource: str) -> str:
    # Any partition is as good as the one of the examples.
    fields = resource.split(":", 2)
    return f"arn:aws:{fields[2]}" if len(fields) > 2 and fields[0] == "arn" else resource

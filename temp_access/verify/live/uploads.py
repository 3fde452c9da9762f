"""Unfinished uploads in parts: listing them, and aborting one exactly once."""

from typing import TYPE_CHECKING

from temp_access.aws.answers import is_missing
from temp_access.aws.once import once

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def open_uploads(s3: "S3Client", bucket: str, prefix: str) -> list[tuple[str, str]]:
    """Return the key and the id of each unfinished upload under `prefix`."""
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
    return [(upload["Key"], upload["UploadId"]) for page in pages for upload in page.get("Uploads", ())]


def remove_upload(s3: "S3Client", bucket: str, key: str, upload: str) -> None:
    """Abort an upload, which may be gone already; raises botocore's errors."""
    try:
        once(
            lambda: s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload),
            lambda: (key, upload) not in open_uploads(s3, bucket, key),
        )
    except Exception as error:
        if not is_missing(error, "NoSuchUpload"):
            raise

"""What a write to S3 needs beside s3:PutObject."""

from collections.abc import Iterator, Mapping

_HEADERS = {
    "x-amz-tagging": "s3:PutObjectTagging",
    "x-amz-acl": "s3:PutObjectAcl",
    "x-amz-grant-": "s3:PutObjectAcl",
    "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
    "x-amz-object-lock-mode": "s3:PutObjectRetention",
}


def write_actions(headers: Mapping[str, str]) -> Iterator[str]:
    """Tags, ACLs, legal holds and retention have permissions of their own.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
    """
    # The directive says what a copy does with tags, and sets none by itself.
    named = [name for name, value in headers.items() if value and name != "x-amz-tagging-directive"]
    for header, action in _HEADERS.items():
        if any(name.startswith(header) for name in named):
            yield action

"""The deployed configuration of a bucket."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from temp_access.aws.errors import none_if_missing
from temp_access.deployment.state import PUBLIC_ACCESS_FLAGS, BucketState
from temp_access.iam.policy_json import Document, read_document

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def read_bucket(s3: "S3Client", name: str, owner: str) -> BucketState | None:
    """Return the configuration of a bucket in the account `owner`, or None if the bucket doesn't exist."""
    return none_if_missing("NoSuchBucket", _read, s3, name, owner)


def _read(s3: "S3Client", name: str, owner: str) -> BucketState:
    # Another account can take the name of a deleted bucket, so each call names the expected owner.
    versioning = s3.get_bucket_versioning(Bucket=name, ExpectedBucketOwner=owner).get("Status")
    return BucketState(
        name=name,
        policy=_policy(s3, name, owner),
        public_access_block=_public_access_block(s3, name, owner),
        ownership=_ownership(s3, name, owner),
        encryption=_encryption(s3, name, owner),
        versioning=versioning,
    )


def _policy(s3: "S3Client", name: str, owner: str) -> Document | None:
    response = none_if_missing("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=name, ExpectedBucketOwner=owner)
    return read_document(response["Policy"]) if response else None


def _public_access_block(s3: "S3Client", name: str, owner: str) -> dict[str, bool] | None:
    response = none_if_missing(
        "NoSuchPublicAccessBlockConfiguration",
        s3.get_public_access_block,
        Bucket=name,
        ExpectedBucketOwner=owner,
    )
    if response is None:
        return None
    flags: Mapping[str, Any] = response["PublicAccessBlockConfiguration"]
    return {flag: bool(flags.get(flag, False)) for flag in PUBLIC_ACCESS_FLAGS}


def _ownership(s3: "S3Client", name: str, owner: str) -> str | None:
    response = none_if_missing(
        "OwnershipControlsNotFoundError",
        s3.get_bucket_ownership_controls,
        Bucket=name,
        ExpectedBucketOwner=owner,
    )
    return response["OwnershipControls"]["Rules"][0]["ObjectOwnership"] if response else None


def _encryption(s3: "S3Client", name: str, owner: str) -> Mapping[str, Any] | None:
    response = none_if_missing(
        "ServerSideEncryptionConfigurationNotFoundError",
        s3.get_bucket_encryption,
        Bucket=name,
        ExpectedBucketOwner=owner,
    )
    rules = response["ServerSideEncryptionConfiguration"]["Rules"] if response else []
    return next(
        (
            {**rule["ApplyServerSideEncryptionByDefault"]}
            for rule in rules
            if "ApplyServerSideEncryptionByDefault" in rule
        ),
        None,
    )

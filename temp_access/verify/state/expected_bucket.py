"""The bucket's configuration that the templates ask for."""

from collections.abc import Mapping
from typing import Any

from temp_access.verify.state.model import PUBLIC_ACCESS_FLAGS, BucketState, Document
from temp_access.verify.state.resources import Resource, single

# A bucket made since April 2023 blocks public access and has no ACLs, CloudFormation's included:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
_DEFAULT_OWNERSHIP = "BucketOwnerEnforced"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
_DEFAULT_ENCRYPTION = {"SSEAlgorithm": "AES256"}


def expected_bucket(found: tuple[Resource, ...]) -> BucketState:
    """Return the configuration of the one bucket."""
    bucket = single(found, "AWS::S3::Bucket")
    return BucketState(
        name=bucket.name,
        policy=_policy(bucket.name, found),
        public_access_block=_public_access_block(bucket.properties),
        ownership=_ownership(bucket.properties),
        encryption=_encryption(bucket.properties),
        versioning=bucket.properties.get("VersioningConfiguration", {}).get("Status"),
    )


def _policy(bucket: str, found: tuple[Resource, ...]) -> Document | None:
    policies = [r.properties for r in found if r.kind == "AWS::S3::BucketPolicy"]
    return next((p["PolicyDocument"] for p in policies if p["Bucket"] == bucket), None)


def _public_access_block(properties: Mapping[str, Any]) -> dict[str, bool]:
    given = properties.get("PublicAccessBlockConfiguration")
    if given is None:
        return dict.fromkeys(PUBLIC_ACCESS_FLAGS, True)
    # A flag that is left out of a configuration is off:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html
    return {flag: _is_true(given.get(flag, False)) for flag in PUBLIC_ACCESS_FLAGS}


def _is_true(value: bool | str) -> bool:
    return str(value).lower() == "true"


def _ownership(properties: Mapping[str, Any]) -> str:
    rules = properties.get("OwnershipControls", {}).get("Rules", ())
    return next((str(rule["ObjectOwnership"]) for rule in rules), _DEFAULT_OWNERSHIP)


def _encryption(properties: Mapping[str, Any]) -> dict[str, Any]:
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", ())
    for rule in rules:
        if "ServerSideEncryptionByDefault" in rule:
            return dict(rule["ServerSideEncryptionByDefault"])
    return dict(_DEFAULT_ENCRYPTION)

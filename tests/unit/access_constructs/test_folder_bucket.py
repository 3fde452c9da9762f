"""FolderBucket is private, TLS only, encrypted and without ACLs."""

from typing import Any

import aws_cdk as cdk
import pytest

from access_constructs import FolderBucket
from tests.unit.support.synthesis import new_stack, only, template_of


def bucket(**options: Any) -> dict[str, Any]:
    """Return the template of a stack with one FolderBucket."""
    stack = new_stack()
    FolderBucket(stack, "Folders", **options)
    return template_of(stack)


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    """Return the template without options."""
    return bucket()


def test_blocks_public_access_in_all_four_ways(plain: dict[str, Any]) -> None:
    """With one flag missing, the bucket could be made public."""
    assert only(plain, "AWS::S3::Bucket")["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


def test_the_bucket_owner_owns_every_object(plain: dict[str, Any]) -> None:
    """ACLs are disabled."""
    rules = only(plain, "AWS::S3::Bucket")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_encrypts_with_keys_of_s3(plain: dict[str, Any]) -> None:
    """The default encryption is SSE-S3."""
    configuration = only(plain, "AWS::S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert configuration == [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]


def test_ends_unfinished_uploads_after_a_week(plain: dict[str, Any]) -> None:
    """No listing of objects shows their parts, which cost storage; everything else is kept."""
    rules = only(plain, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert rules == [{"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}, "Status": "Enabled"}]


def test_denies_every_call_without_tls_and_grants_nothing(plain: dict[str, Any]) -> None:
    """The bucket policy is a single Deny, because an Allow for a session's ARN would bypass its session policy."""
    (statement,) = only(plain, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == {"AWS": "*"}
    assert statement["Action"] == "s3:*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2


def test_keeps_versions_and_is_retained_by_default(plain: dict[str, Any]) -> None:
    """A mistake doesn't destroy the borrowers' objects."""
    assert only(plain, "AWS::S3::Bucket")["VersioningConfiguration"] == {"Status": "Enabled"}
    (resource,) = (r for r in plain["Resources"].values() if r["Type"] == "AWS::S3::Bucket")
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    assert "BucketName" not in resource["Properties"]


def test_name_versioning_and_removal_are_options() -> None:
    """Each option sets one property of the bucket."""
    template = bucket(bucket_name="the-bucket", versioned=False, removal_policy=cdk.RemovalPolicy.DESTROY)
    (resource,) = (r for r in template["Resources"].values() if r["Type"] == "AWS::S3::Bucket")
    assert resource["DeletionPolicy"] == "Delete"
    assert resource["Properties"]["BucketName"] == "the-bucket"
    assert "VersioningConfiguration" not in resource["Properties"]

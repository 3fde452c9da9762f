"""The bucket with the borrowers' folders."""

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct


class FolderBucket(Construct):
    """Defines a private bucket: no public access, no ACLs, TLS only, encrypted with SSE-S3.

    It ends uploads in parts that aren't completed within 7 days: their parts cost storage, and no listing of objects
    shows them. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        bucket_name: str | None = None,
        versioned: bool = True,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN,
    ) -> None:
        """Define the bucket.

        Args:
            scope: the construct that contains this one.
            id_: its id in `scope`.
            bucket_name: the bucket's name; by default, CloudFormation generates one.
            versioned: whether S3 keeps old versions of overwritten and deleted objects.
            removal_policy: what happens to the bucket when its stack is destroyed; by default, it is retained.
        """
        super().__init__(scope, id_)
        self.bucket = s3.Bucket(
            self,
            "Resource",
            bucket_name=bucket_name,
            versioned=versioned,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(abort_incomplete_multipart_upload_after=cdk.Duration.days(7))],
            removal_policy=removal_policy,
        )
        cdk.Validations.of(self.bucket).acknowledge(
            cdk.Acknowledgment(
                id="AwsSolutions-S1",
                reason="Server access logs don't name the borrower: every session looks like the role. "
                "CloudTrail's data events carry the role session name, and belong to the account's "
                "own trail rather than to a second bucket of this stack.",
            )
        )

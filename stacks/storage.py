"""The stack with the bucket."""

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from access_constructs import FolderBucket
from temp_access.config.model import Config


class StorageStack(cdk.Stack):
    """Defines the bucket with the folders."""

    def __init__(self, scope: Construct, id_: str, *, config: Config, env: cdk.Environment) -> None:
        super().__init__(scope, id_, env=env, termination_protection=config.environment.termination_protection)
        folders = FolderBucket(
            self,
            "Folders",
            bucket_name=config.bucket_name,
            versioned=config.bucket.versioning,
            removal_policy=cdk.RemovalPolicy(config.bucket.on_destroy.upper()),
        )
        self.bucket: s3.IBucket = folders.bucket
        cdk.CfnOutput(self, "BucketName", value=folders.bucket.bucket_name)

"""The stack with the user and the role."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from access_constructs.temp_role import TempRole
from access_constructs.temp_user import TempUser
from temp_access.config.model import Config


class AccessStack(cdk.Stack):
    """Defines the user, its policies, and the role that it may assume to reach `bucket`."""

    def __init__(self, scope: Construct, id_: str, *, config: Config, bucket: s3.IBucket, env: cdk.Environment) -> None:
        super().__init__(scope, id_, env=env, termination_protection=config.environment.termination_protection)
        boundary = config.user.permissions_boundary
        user = TempUser(
            self,
            "User",
            user_name=config.user.name,
            aws_managed=config.user.aws_managed,
            customer_managed=config.user.customer_managed,
            inline=config.user.inline,
            permissions_boundary=iam.ManagedPolicy.from_managed_policy_arn(self, "Boundary", boundary)
            if boundary
            else None,
        )
        role = TempRole(
            self,
            "Role",
            role=config.role,
            user=user.user,
            bucket=bucket,
            modes=config.modes,
            digest=config.digest,
        )
        user.may_assume(role.role)
        for name, value in {
            "UserName": user.user.user_name,
            "RoleName": role.role.role_name,
            "RoleArn": role.role.role_arn,
            "ConfigDigest": config.digest,
        }.items():
            cdk.CfnOutput(self, name, value=value)

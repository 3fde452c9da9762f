"""The stack with the user and the role."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from access_constructs import TempRole
from stacks.users import define_user
from temp_access.config.model import Config
from temp_access.policies.access_modes import role_ceiling
from temp_access.policies.role_policy import CONFIG_TAG
from temp_access.policies.trust_policy import principal_arn


class AccessStack(cdk.Stack):
    """Defines the user, its policies, and the role that it assumes to reach `bucket`.

    The role's tag `temp-access:config` contains the digest of access.toml, so one iam:GetRole call finds it.
    """

    def __init__(self, scope: Construct, id_: str, *, config: Config, bucket: s3.IBucket, env: cdk.Environment) -> None:
        super().__init__(scope, id_, env=env, termination_protection=config.environment.termination_protection)
        user = define_user(self, "User", config.user)
        role = self._role(config, user.user, bucket)
        user.allow_assume_role(role.role)
        cdk.Tags.of(role.role).add(CONFIG_TAG, config.digest)
        for name, value in {
            "UserName": user.user.user_name,
            "RoleName": role.role.role_name,
            "RoleArn": role.role.role_arn,
            "ConfigDigest": config.digest,
        }.items():
            cdk.CfnOutput(self, name, value=value)

    def _role(self, config: Config, user: iam.IUser, bucket: s3.IBucket) -> TempRole:
        ceiling = role_ceiling(config)
        conditions = config.role.conditions
        boundary = config.role.permissions_boundary
        role = TempRole(
            self,
            "Role",
            user=user,
            bucket=bucket,
            bucket_actions=ceiling.bucket_actions,
            object_actions=ceiling.object_actions,
            role_name=config.role.name,
            path=config.role.path if config.role.path != "/" else None,
            permissions_boundary=iam.ManagedPolicy.from_managed_policy_arn(self, "RoleBoundary", boundary)
            if boundary
            else None,
            max_session_duration=cdk.Duration.seconds(config.role.max_session_duration),
            require_mfa=conditions.mfa,
            source_ips=conditions.source_ip,
            source_identity=conditions.source_identity,
            session_name=conditions.session_name,
        )
        for trusted in config.role.trusted:
            arn = principal_arn(trusted, account=self.account, partition=self.partition)
            role.add_trusted_principal(arn, external_id=trusted.external_id)
        return role

"""The role that borrowers' sessions are made of."""

from collections.abc import Iterable
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from access_constructs.lint.acknowledge import acknowledge_given
from access_constructs.wildcards import wildcard_findings
from temp_access.config.model import Role
from temp_access.policies.role_policy import BUCKET_TAG, CONFIG_TAG, role_policy
from temp_access.policies.trust_policy import trust_policy


class TempRole(Construct):
    """Defines a role that `user` may assume, with the actions of `modes` on `bucket` alone.

    Its tags name the bucket and the digest of access.toml, so that one iam:GetRole finds both.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        role: Role,
        user: iam.IUser,
        bucket: s3.IBucket,
        modes: Iterable[str],
        digest: str,
    ) -> None:
        super().__init__(scope, id_)
        stack = cdk.Stack.of(self)
        self.role = iam.Role(
            self,
            "Resource",
            role_name=role.name,
            assumed_by=user,
            max_session_duration=cdk.Duration.seconds(role.max_session_duration),
        )
        resource = self.role.node.default_child
        assert isinstance(resource, iam.CfnRole)  # noqa: S101 - an L2's main resource; narrows the type
        # The same functions that verify and review read, so no second way to the same JSON.
        resource.assume_role_policy_document = trust_policy(
            role, user_arn=user.user_arn, account=stack.account, partition=stack.partition
        )
        document = role_policy(modes, bucket_arn=bucket.bucket_arn)
        resource.policies = [iam.CfnRole.PolicyProperty(policy_name="Folders", policy_document=document)]
        cdk.Tags.of(self.role).add(BUCKET_TAG, bucket.bucket_name)
        cdk.Tags.of(self.role).add(CONFIG_TAG, digest)
        self._acknowledge_ceiling(stack, bucket, document)

    def _acknowledge_ceiling(self, stack: cdk.Stack, bucket: s3.IBucket, document: dict[str, Any]) -> None:
        reason = (
            "The role is the ceiling of all grants: the actions of their modes on the whole of this one bucket. "
            "Each session is narrowed to one folder by its session policy."
        )
        names = {f"{bucket.bucket_arn}/*": f"{_name_in_findings(stack, bucket)}/*"}
        for finding in wildcard_findings(document, names):
            cdk.Validations.of(self.role).acknowledge(
                cdk.Acknowledgment(id=f"AwsSolutions-IAM5[{finding}]", reason=reason)
            )
        # A list of folders that the role may list would grow with the grants.
        acknowledge_given(self.role, stack.resolve(document), holder=self.role.role_name, reason=reason)


def _name_in_findings(stack: cdk.Stack, bucket: s3.IBucket) -> str:
    # cdk-nag spells a reference by its export across stacks, else by the logical id.
    if bucket.stack is stack:
        logical_id, attribute = stack.resolve(bucket.bucket_arn)["Fn::GetAtt"]
        return f"<{logical_id}.{attribute}>"
    export = stack.resolve(bucket.stack.export_value(bucket.bucket_arn))
    return str(export["Fn::ImportValue"])

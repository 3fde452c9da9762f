"""The IAM user that holds the long-term identity."""

from collections.abc import Iterable, Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from access_constructs.lint.acknowledge import acknowledge, acknowledge_given
from access_constructs.wildcards import acknowledge_wildcards
from temp_access.config.model import AwsManagedPolicy, PolicyDocument
from temp_access.policies.user_policies import ROTATE_KEYS, assume_policy, rotate_keys_policy


class TempUser(Construct):
    """Defines an IAM user with its managed and inline policies, and no access key.

    Without further policies it may see and rotate its own access keys, and nothing else.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        user_name: str,
        aws_managed: Iterable[AwsManagedPolicy] = (),
        customer_managed: Iterable[PolicyDocument] = (),
        inline: Iterable[PolicyDocument] = (),
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self.user = iam.User(self, "Resource", user_name=user_name, permissions_boundary=permissions_boundary)
        self._attach_aws_managed(aws_managed)
        self._embed(user_name, tuple(inline))
        # A scope of their own: a policy may be called like one of this construct's own ids.
        own = Construct(self, "CustomerManaged")
        for policy in customer_managed:
            self._attach(own, policy.name, policy.document, name=policy.name, reason=policy.reason)

    def may_assume(self, role: iam.IRole) -> None:
        """Let the user look `role` up and assume it."""
        self._attach(self, "AssumeRole", assume_policy(role.role_arn))

    def _attach_aws_managed(self, policies: Iterable[AwsManagedPolicy]) -> None:
        for policy in policies:
            managed = iam.ManagedPolicy.from_aws_managed_policy_name(policy.name)
            self.user.add_managed_policy(managed)
            arn = f"arn:<AWS::Partition>:iam::aws:policy/{policy.name}"
            cdk.Validations.of(self.user).acknowledge(
                cdk.Acknowledgment(id=f"AwsSolutions-IAM4[Policy::{arn}]", reason=policy.reason)
            )
            acknowledge(self.user, "EscalatingPolicy", policy.name, reason=policy.reason)

    def _embed(self, user_name: str, policies: tuple[PolicyDocument, ...]) -> None:
        # The ARN is spelled out: a policy inside the user can't refer to the user's own attribute.
        own_arn = cdk.Stack.of(self).format_arn(service="iam", region="", resource="user", resource_name=user_name)
        documents = {ROTATE_KEYS: rotate_keys_policy(own_arn)} | {p.name: p.document for p in policies}
        resource = self.user.node.default_child
        assert isinstance(resource, iam.CfnUser)  # noqa: S101 - an L2's main resource; narrows the type
        resource.policies = [
            iam.CfnUser.PolicyProperty(policy_name=name, policy_document=document)
            for name, document in documents.items()
        ]
        for policy in policies:
            if policy.reason:
                acknowledge_wildcards(self.user, policy.document, policy.reason)
                acknowledge_given(self.user, policy.document, holder=user_name, reason=policy.reason)

    def _attach(
        self,
        scope: Construct,
        id_: str,
        document: Mapping[str, Any],
        *,
        name: str | None = None,
        reason: str | None = None,
    ) -> None:
        # The L1 construct carries the reviewed JSON as it is; iam.PolicyDocument would rewrite it.
        policy = iam.CfnManagedPolicy(
            scope, id_, managed_policy_name=name, policy_document=document, users=[self.user.user_name]
        )
        if reason:
            acknowledge_wildcards(policy, document, reason)
            acknowledge_given(policy, document, holder=self.user.user_name, reason=reason)

"""The IAM user with the long-term credentials."""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from access_constructs.acknowledgments import acknowledge, acknowledge_policy
from temp_access.policies.user_policies import ROTATE_KEYS, assume_policy, rotate_keys_policy


class TempUser(Construct):
    """Defines an IAM user without an access key, which may assume roles.

    Without further policies, it can only list and rotate its own access keys.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        user_name: str,
        permissions_boundary: iam.IManagedPolicy | None = None,
    ) -> None:
        """Define the user.

        Args:
            scope: the construct that contains this one.
            id_: its id in `scope`.
            user_name: the user's name; the user's own policies contain it.
            permissions_boundary: the managed policy that limits the permissions of the user.
        """
        super().__init__(scope, id_)
        self.user = iam.User(self, "Resource", user_name=user_name, permissions_boundary=permissions_boundary)
        resource = self.user.node.default_child
        assert isinstance(resource, iam.CfnUser)  # noqa: S101 - an L2's main resource; narrows the type
        self._resource = resource
        self._user_name = user_name
        self._inline: list[cdk.IResolvable | iam.CfnUser.PolicyProperty] = []
        # The ARN is built from the name, because a policy inside the user can't refer to the user's attributes.
        own_arn = cdk.Stack.of(self).format_arn(service="iam", region="", resource="user", resource_name=user_name)
        self._embed(ROTATE_KEYS, rotate_keys_policy(own_arn))
        # A separate scope, because a policy can have the same name as one of this construct's ids.
        self._customer_managed = Construct(self, "CustomerManaged")
        self._assume_policy: iam.CfnManagedPolicy | None = None
        self._role_arns: list[str] = []

    def allow_assume_role(self, role: iam.IRole) -> None:
        """Allow the user to read and assume `role`, as `allow_assume_role_arn` does."""
        self.allow_assume_role_arn(role.role_arn)

    def allow_assume_role_arn(self, role_arn: str) -> None:
        """Allow the user to read and assume a role by its ARN; one managed policy contains the roles of all calls."""
        self._role_arns.append(role_arn)
        document = assume_policy(*self._role_arns)
        if self._assume_policy is None:
            self._assume_policy = self._attach(self, "AssumeRole", document)
        else:
            self._assume_policy.policy_document = document

    def add_aws_managed_policy(self, name: str, *, reason: str) -> None:
        """Attach an AWS managed policy by its name with its path, such as `job-function/Billing`.

        `reason` acknowledges the findings of cdk-nag and the lint rules on it.
        """
        self.user.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(name))
        arn = f"arn:<AWS::Partition>:iam::aws:policy/{name}"
        cdk.Validations.of(self.user).acknowledge(
            cdk.Acknowledgment(id=f"AwsSolutions-IAM4[Policy::{arn}]", reason=reason)
        )
        acknowledge(self.user, "EscalatingPolicy", name, reason=reason)

    def add_customer_managed_policy(self, name: str, document: Mapping[str, Any], *, reason: str | None = None) -> None:
        """Define a customer managed policy with this JSON, and attach it to the user.

        `reason` acknowledges its wildcards, and permission to list whole buckets or to change the user's own policies.
        """
        policy = self._attach(self._customer_managed, name, document, name=name)
        if reason:
            acknowledge_policy(policy, document, holder=self.user.user_name, reason=reason)

    def add_inline_policy(self, name: str, document: Mapping[str, Any], *, reason: str | None = None) -> None:
        """Embed a policy with this JSON in the user; `reason` is as in `add_customer_managed_policy`."""
        self._embed(name, document)
        if reason:
            acknowledge_policy(self.user, document, holder=self._user_name, reason=reason)

    def _embed(self, name: str, document: Mapping[str, Any]) -> None:
        self._inline.append(iam.CfnUser.PolicyProperty(policy_name=name, policy_document=document))
        self._resource.policies = self._inline

    def _attach(
        self, scope: Construct, id_: str, document: Mapping[str, Any], *, name: str | None = None
    ) -> iam.CfnManagedPolicy:
        # The L1 construct keeps the reviewed JSON unchanged; iam.PolicyDocument would rewrite it.
        return iam.CfnManagedPolicy(
            scope, id_, managed_policy_name=name, policy_document=document, users=[self.user.user_name]
        )

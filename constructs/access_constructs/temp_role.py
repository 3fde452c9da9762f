"""The role whose sessions are handed out to borrowers."""

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from access_constructs.acknowledgments import acknowledge_policy
from temp_access.policies.role_policy import BUCKET_TAG, role_policy
from temp_access.policies.trust_policy import trust_document


class TempRole(Construct):
    """Defines an IAM role that a user may assume, with S3 actions on one bucket only.

    The broker narrows each session to a folder with a session policy; the role is the upper limit.
    The tag `temp-access:bucket` names the bucket, so one iam:GetRole call finds both.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        user: iam.IUser,
        bucket: s3.IBucket,
        bucket_actions: Iterable[str],
        object_actions: Iterable[str],
        role_name: str | None = None,
        path: str | None = None,
        permissions_boundary: iam.IManagedPolicy | None = None,
        max_session_duration: cdk.Duration | None = None,
        require_mfa: bool = False,
        source_ips: Iterable[str] = (),
        source_identity: str | None = None,
        session_name: str | None = None,
    ) -> None:
        """Define the role.

        The last four are conditions of the trust policy. Every principal's AssumeRole call must meet them.

        Args:
            scope: the construct that contains this one.
            id_: its id in `scope`.
            user: the user that may assume the role, such as `TempUser.user`; `add_trusted_principal` adds others.
            bucket: the bucket, such as `FolderBucket.bucket`; it can be imported.
            bucket_actions: the actions on the bucket itself, such as `s3:ListBucket`; none if the role only uploads.
            object_actions: the actions on all of its objects, such as `s3:GetObject`.
            role_name: the role's name; by default, CloudFormation generates one.
            path: the role's path, such as `/temp-access/`; by default, `/`.
            permissions_boundary: the managed policy that limits the role's permissions.
            max_session_duration: the longest session, 1 to 12 hours; by default, 1 hour.
            require_mfa: whether the caller must have authenticated with MFA.
            source_ips: the networks that may call, in CIDR notation; by default, all.
            source_identity: a pattern that the source identity must match; the caller must then set one.
            session_name: a pattern that the role session name must match.
        """
        super().__init__(scope, id_)
        self.role = iam.Role(
            self,
            "Resource",
            role_name=role_name,
            path=path,
            permissions_boundary=permissions_boundary,
            assumed_by=user,
            max_session_duration=max_session_duration,
        )
        resource = self.role.node.default_child
        assert isinstance(resource, iam.CfnRole)  # noqa: S101 - an L2's main resource; narrows the type
        self._resource = resource
        self._principals: list[tuple[str, str | None]] = [(user.user_arn, None)]
        self._require_mfa = require_mfa
        self._source_ips = tuple(source_ips)
        self._source_identity = source_identity
        self._session_name = session_name
        self._define_trust()
        self._define_permissions(bucket, tuple(bucket_actions), tuple(object_actions))
        cdk.Tags.of(self.role).add(BUCKET_TAG, bucket.bucket_name)

    def add_trusted_principal(self, arn: str, *, external_id: str | None = None) -> None:
        """Trust a further principal: the ARN of a user, a role or an account's `root`.

        With `external_id`, this principal must send that id. Use one if the account belongs to somebody else.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
        """
        self._principals.append((arn, external_id))
        self._define_trust()

    def _define_trust(self) -> None:
        # `verify` and `review` use the same functions, so only one place builds this JSON.
        self._resource.assume_role_policy_document = trust_document(
            self._principals,
            require_mfa=self._require_mfa,
            source_ips=self._source_ips,
            source_identity=self._source_identity,
            session_name=self._session_name,
        )

    def _define_permissions(
        self, bucket: s3.IBucket, bucket_actions: tuple[str, ...], object_actions: tuple[str, ...]
    ) -> None:
        if not bucket_actions and not object_actions:
            return
        document = role_policy(bucket.bucket_arn, bucket_actions=bucket_actions, object_actions=object_actions)
        self._resource.policies = [iam.CfnRole.PolicyProperty(policy_name="Folders", policy_document=document)]
        bucket_arn = synthesized_arn(cdk.Stack.of(self), bucket)
        # Listing the folders in the role's policy would make it grow with the grants.
        acknowledge_policy(
            self.role,
            role_policy(bucket_arn, bucket_actions=bucket_actions, object_actions=object_actions),
            holder=self.role.role_name,
            reason="The role is the ceiling of all grants: the actions of their modes on the whole of this one bucket. "
            "Each session is narrowed to one folder by its session policy.",
        )


def synthesized_arn(stack: cdk.Stack, bucket: s3.IBucket) -> str:
    """Return the bucket's ARN as in `stack`'s template: for another stack's bucket, the import of an export."""
    if bucket.stack is not stack and "Fn::GetAtt" in stack.resolve(bucket.bucket_arn):
        return bucket.stack.export_value(bucket.bucket_arn)
    return bucket.bucket_arn

"""The role of one grant, whose sessions reach one folder of the bucket."""

from collections.abc import Iterable, Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from access_constructs.acknowledgments import acknowledge_policy
from access_constructs.temp_role import synthesized_arn
from temp_access.iam.statements import as_list
from temp_access.policies.access_modes import AccessMode, access_of
from temp_access.policies.role_policy import BUCKET_TAG
from temp_access.policies.session_policy import folder_policy


class GrantRole(Construct):
    """Defines an IAM role that borrowers assume themselves: its own policy is the access to one folder.

    The tag `temp-access:bucket` names the bucket, so one iam:GetRole call finds both.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        bucket: s3.IBucket,
        folder: str,
        access: str,
        trust_policy: Mapping[str, Any],
        extras: Iterable[str] = (),
        role_name: str | None = None,
        path: str | None = None,
        permissions_boundary: str | None = None,
        max_session_duration: cdk.Duration | None = None,
        instance_profile: bool = False,
    ) -> None:
        """Define the role.

        Args:
            scope: the construct that contains this one.
            id_: its id in `scope`.
            bucket: the bucket, such as `FolderBucket.bucket`; it can be imported.
            folder: the folder's path in the bucket, without a slash at the end.
            access: an access mode: list, read, write, read-write or full.
            trust_policy: who can assume the role, such as `grant_trust_policy` returns it.
            extras: extras of the access mode, such as `tags`.
            role_name: the role's name; by default, CloudFormation generates one.
            path: the role's path, such as `/temp-access/`; by default, `/`.
            permissions_boundary: the ARN of the managed policy that limits the role's permissions.
            max_session_duration: the longest session, 1 to 12 hours; by default, 1 hour.
            instance_profile: whether EC2 instances can have the role, for which they need an instance profile.
        """
        super().__init__(scope, id_)
        mode = access_of(access, tuple(extras))
        self.role = iam.CfnRole(
            self,
            "Resource",
            role_name=role_name,
            path=path,
            permissions_boundary=permissions_boundary,
            max_session_duration=max_session_duration.to_seconds() if max_session_duration else None,
            assume_role_policy_document=trust_policy,
            policies=[
                iam.CfnRole.PolicyProperty(
                    policy_name="Folder", policy_document=_document(folder, mode, bucket.bucket_arn)
                )
            ],
        )
        cdk.Tags.of(self.role).add(BUCKET_TAG, bucket.bucket_name)
        acknowledge_policy(
            self.role,
            _document(folder, mode, synthesized_arn(cdk.Stack.of(self), bucket)),
            holder=self.role.ref,
            reason="The grant is the access of its mode to all objects of this one folder.",
        )
        if instance_profile:
            iam.CfnInstanceProfile(self, "Profile", roles=[self.role.ref], instance_profile_name=role_name, path=path)


def _document(folder: str, mode: AccessMode, bucket_arn: str) -> dict[str, Any]:
    document = folder_policy(folder, mode, bucket_arn=bucket_arn)
    # cdk-nag reads only a list.
    return {**document, "Statement": as_list(document["Statement"])}

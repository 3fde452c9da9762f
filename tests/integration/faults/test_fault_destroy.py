"""destroy deletes nothing before it knows that all can go."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any

import pytest

from tests.integration.deploy.project import ROLE, USER, Project
from tests.integration.faults.proxy import Fault, FaultProxy

pytestmark = pytest.mark.integration
_READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
_DENY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
# Each read on which the deletion depends, besides those of `test_fault_answers`.
READS = [
    "cloudformation:ListStackResources",
    "cloudformation:GetTemplate",
    "iam:ListAccessKeys",
    "iam:ListMFADevices",
    "iam:GetLoginProfile",
    "iam:ListGroupsForUser",
    "iam:ListUserPolicies",
    "iam:ListAttachedUserPolicies",
    "iam:ListRolePolicies",
    "iam:ListAttachedRolePolicies",
    "s3:ListObjectVersions",
]


@contextmanager
def _unchanged(project: Project) -> Iterator[None]:
    bucket, id_ = project.bucket, project.iam.create_access_key(UserName=USER)["AccessKey"]["AccessKeyId"]
    project.s3.put_object(Bucket=bucket, Key="bob/own", Body=b"bob's")
    before = _state(project)
    try:
        yield
        assert _state(project) == before
    finally:
        project.iam.delete_access_key(UserName=USER, AccessKeyId=id_)


def _state(project: Project) -> Any:
    stacks = sorted(stack["StackStatus"] for stack in project.stacks.describe_stacks()["Stacks"])
    versions = [each["VersionId"] for each in project.s3.list_object_versions(Bucket=project.bucket)["Versions"]]
    return stacks, versions, project.keys(), project.iam.list_role_policies(RoleName=ROLE)["PolicyNames"]


def test_destroy_deletes_nothing_if_it_cant_read(deployed: Project, proxy: FaultProxy) -> None:
    """Whatever it can't read, and why: it ends with 3 and changes nothing."""
    with _unchanged(deployed):
        for read, kind in zip(READS, cycle(["InternalError", "AccessDenied", "other-xml", "Throttling"]), strict=False):
            proxy.make(Fault(kind, f"{read}$"))
            ended = deployed.local("destroy", before="from temp_access.aws import checked_calls as c; c._PAUSE = 0")
            assert ended.code == 3, (read, ended.output)
            assert "nothing was deleted" in ended.err
            assert "Traceback" not in ended.output


def test_destroy_deletes_nothing_if_something_stops_it(deployed: Project) -> None:
    """It names all that was added by hand, and the command that removes each."""
    iam = deployed.iam
    iam.create_group(GroupName="readers")
    iam.add_user_to_group(GroupName="readers", UserName=USER)
    iam.create_login_profile(UserName=USER, Password="Abcdefgh-12345!")
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=_READ_ONLY)
    iam.attach_user_policy(UserName=USER, PolicyArn=_READ_ONLY)
    iam.put_user_policy(UserName=USER, PolicyName="by-hand", PolicyDocument=_DENY)
    with _unchanged(deployed):
        ended = deployed.local("destroy")
        assert ended.code == 2, ended.output
        for command in (
            "aws iam remove-user-from-group --user-name temp-user --group-name readers",
            "aws iam delete-login-profile --user-name temp-user",
            f"aws iam detach-role-policy --role-name temp-role --policy-arn {_READ_ONLY}",
            f"aws iam detach-user-policy --user-name temp-user --policy-arn {_READ_ONLY}",
            "aws iam delete-user-policy --user-name temp-user --policy-name by-hand",
        ):
            assert command in ended.err
    iam.remove_user_from_group(GroupName="readers", UserName=USER)
    iam.delete_login_profile(UserName=USER)
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=_READ_ONLY)
    iam.detach_user_policy(UserName=USER, PolicyArn=_READ_ONLY)
    iam.delete_user_policy(UserName=USER, PolicyName="by-hand")

"""verify detects a deployment that was changed by hand, and the command in its message undoes the change."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.deploy.project import ROLE, USER, Project
from tests.integration.deploy.undo import undo

pytestmark = pytest.mark.integration
_READ_ONLY = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
_FULL_S3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


@dataclass(frozen=True)
class Breakage:
    """A change by hand, the drift check that must report it, parts of its message, and other probes that must fail."""

    name: str
    change: Callable[[Project], object]
    drift_check: str
    message_parts: tuple[str, ...]
    other_failures: frozenset[str] = frozenset()


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _allow(action: str, resource: object = "*", **more: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _second_principal(project: Project) -> None:
    trust = project.iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    root = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}
    trust["Statement"].append(root)
    project.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))


def _into_a_group(project: Project) -> None:
    project.iam.create_group(GroupName="admins")
    project.iam.put_group_policy(GroupName="admins", PolicyName="all", PolicyDocument=_policy(_allow("s3:*")))
    project.iam.add_user_to_group(GroupName="admins", UserName=USER)


def _bucket_policy(**principal: object) -> Callable[[Project], None]:
    def change(project: Project) -> None:
        arn = f"arn:aws:s3:::{project.bucket}"
        policy = json.loads(project.s3.get_bucket_policy(Bucket=project.bucket)["Policy"])
        policy["Statement"].append(_allow("s3:GetObject", f"{arn}/*", **principal))
        # S3 takes a policy for everybody only while the block is off.
        block = project.s3.get_public_access_block(Bucket=project.bucket)["PublicAccessBlockConfiguration"]
        project.s3.delete_public_access_block(Bucket=project.bucket)
        project.s3.put_bucket_policy(Bucket=project.bucket, Policy=json.dumps(policy))
        project.s3.put_public_access_block(Bucket=project.bucket, PublicAccessBlockConfiguration=block)

    return change


_SESSION = f"arn:aws:sts::123456789012:assumed-role/{ROLE}/temp-access-verify"
BREAKAGES = (
    Breakage(
        "a managed policy attached to the user",
        lambda p: p.iam.attach_user_policy(UserName=USER, PolicyArn=_FULL_S3),
        "user.attached_policies",
        ("AmazonS3FullAccess is attached to temp-user", "detach it"),
        frozenset({"user/get", "user/put", "user/delete", "user/list-v2", "user/list-buckets"}),
    ),
    Breakage(
        "an inline policy added to the user",
        lambda p: p.iam.put_user_policy(UserName=USER, PolicyName="x", PolicyDocument=_policy(_allow("iam:List*"))),
        "user.inline_policies",
        ("the inline policy x of temp-user", "delete it"),
        frozenset({"user/list-users"}),
    ),
    Breakage(
        "the user put into a group",
        _into_a_group,
        "user.groups",
        ("temp-user is in the group admins", "remove it"),
        frozenset({"user/get", "user/put", "user/list-versions"}),
    ),
    Breakage(
        "a second principal in the trust policy",
        _second_principal,
        "role.trust_policy",
        ("the trust policy of temp-role also has the statement Allow sts:AssumeRole for 123456789012", "restore it"),
        frozenset({"assume/by-the-deployer"}),
    ),
    Breakage(
        "the role widened to s3:* on *",
        lambda p: p.iam.put_role_policy(RoleName=ROLE, PolicyName="Folders", PolicyDocument=_policy(_allow("s3:*"))),
        "role.inline_policies",
        ("the inline policy Folders of temp-role", "s3:*", "restore it"),
        frozenset(
            {f"{group}/{call}" for group in ("role", "widened") for call in ("get-bucket-policy", "other-bucket")}
        ),
    ),
    Breakage(
        "a permissions boundary that blocks the role",
        lambda p: p.iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=_READ_ONLY),
        "role.boundary",
        ("IAMReadOnlyAccess", "boundary"),
        frozenset({"grants.bob/inside/put", "grants.bob/inside/get", "grants.bob/inside/list-v2"}),
    ),
    Breakage(
        "a shorter maximum session duration",
        lambda p: p.iam.update_role(RoleName=ROLE, MaxSessionDuration=3600),
        "role.max_session_duration",
        ("the maximum session duration of temp-role is 3600 s, but the template has 43200 s",),
        frozenset({"assume/lasts-12h"}),
    ),
    Breakage(
        "the public access block removed",
        lambda p: p.s3.delete_public_access_block(Bucket=p.bucket),
        "bucket.public_access_block",
        ("the public access block of the bucket", "is gone", "restore it"),
    ),
    Breakage(
        "versioning suspended",
        lambda p: p.s3.put_bucket_versioning(Bucket=p.bucket, VersioningConfiguration={"Status": "Suspended"}),
        "bucket.versioning",
        ("the versioning of the bucket", "is Suspended, but the template has Enabled"),
    ),
    Breakage(
        "a bucket policy that names the session",
        _bucket_policy(Principal={"AWS": _SESSION}),
        "bucket.policy",
        ("the policy of the bucket", _SESSION, "restore it"),
        frozenset({"grants.bob/sibling/get", "grants.bob/neighbour/get", "grants.bob/root/get"}),
    ),
    Breakage(
        "a bucket policy for everybody",
        _bucket_policy(Principal="*"),
        "bucket.policy",
        ("the policy of the bucket", "restore it"),
        frozenset({"user/get"}),
    ),
)


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda b: b.name.replace(" ", "-"))
def test_a_change_by_hand_is_reported_and_can_be_undone(deployed: Project, breakage: Breakage) -> None:
    """verify exits with 1, one probe of the deployed state names the change, and its command undoes the change."""
    breakage.change(deployed)
    ended = deployed.verify("--grant", "bob")
    assert ended.code == 1, ended.output
    failed = deployed.failed()
    state = {id_ for id_ in failed if id_.startswith("state/")}
    # Only this one fails: the previous test undid its own change.
    assert {f"state/{breakage.drift_check}"} == state
    message = failed[f"state/{breakage.drift_check}"]
    assert [part for part in breakage.message_parts if part not in message] == [], message
    assert set() == breakage.other_failures - failed.keys()
    undo(message, deployed.aws.deployer)


def test_the_restored_deployment_passes(deployed: Project) -> None:
    """After the commands in the messages have undone all changes, every probe passes again."""
    ended = deployed.verify()
    assert ended.code == 0, ended.output


def test_a_missing_role_is_reported_and_can_be_recreated(deployed: Project) -> None:
    """If the role is missing, verify exits with 1 and without a traceback, and its commands recreate the role."""
    for policy in deployed.iam.list_role_policies(RoleName=ROLE)["PolicyNames"]:
        deployed.iam.delete_role_policy(RoleName=ROLE, PolicyName=policy)
    deployed.iam.delete_role(RoleName=ROLE)
    ended = deployed.verify()
    assert ended.code == 1, ended.output
    assert "Traceback" not in ended.err
    message = deployed.failed()["state/role.trust_policy"]
    assert message == "the role temp-role doesn't exist; recreate it: cdk destroy TempAccess && cdk deploy --all"
    deployed.assert_clean()
    deployed.use_assembly()
    assert deployed.cdk("destroy", "TempAccess", "--force").code == 0
    assert deployed.cdk("deploy", "--all", "--require-approval", "never").code == 0
    ended = deployed.verify()
    assert ended.code == 0, ended.output

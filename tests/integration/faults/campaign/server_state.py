"""Everything that is in a local AWS and in the folders of its user, as lines that can be compared."""

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from temp_access.files import UNFINISHED_PREFIX, is_held
from temp_access.local_aws.state_dir import StateDir, read_json
from tests.integration.deploy.project import USER, Project

# The CDK CLI's; each upload makes a version there, and CloudFormation's roles are the CDK's too.
_BOOTSTRAP = "cdk-"
# What CloudFormation makes anew for each deployment: the end of a name, and the id of a stack.
_GENERATED = re.compile(r"-[0-9A-Fa-f]{13}\b|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def read_state(project: Project) -> frozenset[str]:
    """Return what is in the local AWS and in the user's folders, one line for each thing."""
    return frozenset((*_users(project), *_roles(project), *_buckets(project), *_stacks(project), *_files(project)))


def comparable(state: frozenset[str]) -> frozenset[str]:
    """Return the state without the names that differ between two deployments of the same templates."""
    return frozenset(_GENERATED.sub("-…", line) for line in state)


def _users(project: Project) -> Iterator[str]:
    iam = project.iam
    for user in iam.list_users()["Users"]:
        name = user["UserName"]
        yield f"user {name}"
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            yield f"user {name}: access key {key['AccessKeyId']} {key['Status']}"
        for tag in iam.list_user_tags(UserName=name)["Tags"]:
            yield f"user {name}: tag {tag['Key']} = {tag['Value']}"
        for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
            document = iam.get_user_policy(UserName=name, PolicyName=policy)["PolicyDocument"]
            yield f"user {name}: inline policy {policy} {_digest(document)}"
        for attached in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
            yield f"user {name}: managed policy {attached['PolicyArn']}"


def _roles(project: Project) -> Iterator[str]:
    iam = project.iam
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        yield f"role {name}: {role.get('MaxSessionDuration')} s, trust {_digest(role['AssumeRolePolicyDocument'])}"
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            yield f"role {name}: inline policy {policy} {_digest(document)}"
        for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            yield f"role {name}: managed policy {attached['PolicyArn']}"
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        yield f"managed policy {policy['Arn']} {policy['DefaultVersionId']}"


def _buckets(project: Project) -> Iterator[str]:
    s3 = project.s3
    for entry in s3.list_buckets()["Buckets"]:
        bucket = entry["Name"]
        yield f"bucket {bucket}: policy {_bucket_policy(s3, bucket)}"
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for kind in ("Versions", "DeleteMarkers"):
                for version in page.get(kind, ()):
                    number = "" if bucket.startswith(_BOOTSTRAP) else version["VersionId"]
                    yield f"bucket {bucket}: {kind} {version['Key']} {number}".rstrip()
        for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", ()):
            yield f"bucket {bucket}: upload {upload['Key']} {upload['UploadId']}"


def _bucket_policy(s3: Any, bucket: str) -> str:
    try:
        return _digest(json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]))
    except s3.exceptions.ClientError:
        return "none"


def _stacks(project: Project) -> Iterator[str]:
    for stack in project.stacks.describe_stacks()["Stacks"]:
        if stack["StackStatus"] != "DELETE_COMPLETE":
            yield f"stack {stack['StackName']}: {stack['StackStatus']}"


def _files(project: Project) -> Iterator[str]:
    for record in project.journal:
        yield f"journal {record.name}"
    state = StateDir.of(project.aws.state_dir)
    if key := read_json(state.user(USER)).get("AccessKeyId"):
        yield f"local key of {USER}: {key}"
    for folder in (project.folder / "xdg", project.folder / "cache", state.users):
        for path in folder.rglob(f"{UNFINISHED_PREFIX}*"):
            yield f"unfinished file {path.relative_to(project.folder)}"
        for path in folder.rglob("*.lock"):
            if is_held(path):
                yield f"held lock {path.relative_to(project.folder)}"
    if is_held(state.users_lock):
        yield f"held lock {state.users_lock.name}"


def _digest(document: Any) -> str:
    text = _GENERATED.sub("-…", json.dumps(document, sort_keys=True))
    return f"#{hashlib.sha256(text.encode()).hexdigest()[:12]}"

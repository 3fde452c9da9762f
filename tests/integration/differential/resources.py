"""Creates users, roles and buckets with policies in the local AWS through its API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3

from temp_access.local_aws.control import Instance
from temp_access.local_aws.session import session
from tests.integration.differential.names import KEYS, OTHER_USER, Names
from tests.integration.differential.random_policies import Document

_TEAM = {"user": "team-a", "role": "team-b"}


@dataclass(frozen=True)
class PolicyDocuments:
    """The policies of one caller, and of the bucket or role that it calls."""

    identity: Document
    boundary: Document | None = None
    session: Document | None = None
    bucket: Document | None = None
    trust: Document | None = None


@dataclass(frozen=True)
class Caller:
    """One caller: its credentials and policies, and its condition keys and principal tags."""

    principal: str
    role_arn: str | None
    session: boto3.Session
    documents: PolicyDocuments
    keys: dict[str, Any]
    tags: dict[str, str]


class Deployer:
    """The administrator of the local AWS, with one client for each service."""

    def __init__(self, instance: Instance) -> None:
        deployer = instance.deployer
        self.environment = instance.environment
        self.iam: Any = deployer.client("iam")
        self.s3: Any = deployer.client("s3")
        self.sts: Any = deployer.client("sts")
        self.arn = str(self.sts.get_caller_identity()["Arn"])
        self.iam.create_user(UserName=OTHER_USER.rpartition("/")[2])


class Resources:
    """Creates the user, role and bucket with these names."""

    def __init__(self, deployer: Deployer, names: Names) -> None:
        self._deployer = deployer
        self._names = names

    def create_user(self, documents: PolicyDocuments) -> Caller:
        """Create the user and an access key, and return it as a caller."""
        iam, name = self._deployer.iam, self._names.user
        user = iam.create_user(UserName=name, Tags=_tags("user"))["User"]
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(documents.identity))
        if documents.boundary is not None:
            arn = self._create_managed_policy(name, documents.boundary)
            iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=arn)
        user_session = session(self._deployer.environment, iam.create_access_key(UserName=name)["AccessKey"])
        keys = {"aws:userid": user["UserId"]}
        return Caller(self._names.user_arn, None, user_session, documents, keys, {"team": _TEAM["user"]})

    def create_role(self, documents: PolicyDocuments) -> Caller:
        """Create the role, and return a session of it as a caller."""
        iam, name = self._deployer.iam, self._names.role
        trust = {"Effect": "Allow", "Principal": {"AWS": self._deployer.arn}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy_json(trust), Tags=_tags("role"))["Role"]
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(documents.identity))
        if documents.boundary is not None:
            arn = self._create_managed_policy(name, documents.boundary)
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
        session_policy = {} if documents.session is None else {"Policy": json.dumps(documents.session)}
        response = self._deployer.sts.assume_role(
            RoleArn=self._names.role_arn, RoleSessionName=self._names.session, **session_policy
        )
        keys = {
            "aws:userid": f"{role['RoleId']}:{self._names.session}",
            "aws:TokenIssueTime": current_time(),
            "aws:MultiFactorAuthPresent": "false",
        }
        role_session = session(self._deployer.environment, response["Credentials"])
        return Caller(
            self._names.session_arn, self._names.role_arn, role_session, documents, keys, {"team": _TEAM["role"]}
        )

    def create_bucket(self, policy: Document | None) -> None:
        """Create the bucket with its objects; the user and role that its policy names must exist."""
        s3, name = self._deployer.s3, self._names.bucket
        s3.create_bucket(Bucket=name)
        # S3 refuses a policy for everyone while the public access block exists.
        s3.delete_public_access_block(Bucket=name)
        for key in KEYS:
            s3.put_object(Bucket=name, Key=key, Body=b"x")
        if policy is not None:
            s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))

    def update_trust_policy(self, policy: Document) -> None:
        """Replace the trust policy of the role."""
        self._deployer.iam.update_assume_role_policy(RoleName=self._names.role, PolicyDocument=json.dumps(policy))

    def _create_managed_policy(self, name: str, policy: Document) -> str:
        return str(
            self._deployer.iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(policy))["Policy"]["Arn"]
        )


def current_time() -> str:
    """Return the current time in the format of condition keys."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tags(entity: str) -> list[dict[str, str]]:
    return [{"Key": "team", "Value": _TEAM[entity]}]


def _policy_json(statement: Document) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})

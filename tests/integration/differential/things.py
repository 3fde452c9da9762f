"""Users, roles and a bucket with given policies, made in the local AWS through its API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3

from temp_access.local_aws.control import Instance
from temp_access.local_aws.session import session
from tests.integration.differential.names import KEYS, SOMEONE, Names
from tests.integration.differential.random_policies import Body

_TEAM = {"user": "team-a", "role": "team-b"}


@dataclass(frozen=True)
class Documents:
    """The policies of one caller, and those of what it calls."""

    identity: Body
    boundary: Body | None = None
    session: Body | None = None
    bucket: Body | None = None
    trust: Body | None = None


@dataclass(frozen=True)
class Caller:
    """One caller: its credentials, its policies, and the keys and tags that follow from it."""

    principal: str
    role_arn: str | None
    session: boto3.Session
    documents: Documents
    keys: dict[str, Any]
    tags: dict[str, str]


class Deployer:
    """The local AWS's administrator, with one client of each service for all that is made."""

    def __init__(self, instance: Instance) -> None:
        own = instance.deployer
        self.environment = instance.environment
        self.iam: Any = own.client("iam")
        self.s3: Any = own.client("s3")
        self.sts: Any = own.client("sts")
        self.arn = str(self.sts.get_caller_identity()["Arn"])
        self.iam.create_user(UserName=SOMEONE.rpartition("/")[2])


class Things:
    """Makes what has these names."""

    def __init__(self, deployer: Deployer, names: Names) -> None:
        self._by = deployer
        self._names = names

    def user(self, documents: Documents) -> Caller:
        """Make the user, and an access key of it."""
        iam, name = self._by.iam, self._names.user
        made = iam.create_user(UserName=name, Tags=_tags("user"))["User"]
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(documents.identity))
        if documents.boundary is not None:
            arn = self._managed(name, documents.boundary)
            iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=arn)
        own = session(self._by.environment, iam.create_access_key(UserName=name)["AccessKey"])
        keys = {"aws:userid": made["UserId"]}
        return Caller(self._names.user_arn, None, own, documents, keys, {"team": _TEAM["user"]})

    def role(self, documents: Documents) -> Caller:
        """Make the role, and a session of it."""
        iam, name = self._by.iam, self._names.role
        trust = {"Effect": "Allow", "Principal": {"AWS": self._by.arn}, "Action": "sts:AssumeRole"}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_text(trust), Tags=_tags("role"))["Role"]
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(documents.identity))
        if documents.boundary is not None:
            arn = self._managed(name, documents.boundary)
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
        given = {} if documents.session is None else {"Policy": json.dumps(documents.session)}
        answer = self._by.sts.assume_role(RoleArn=self._names.role_arn, RoleSessionName=self._names.session, **given)
        keys = {
            "aws:userid": f"{made['RoleId']}:{self._names.session}",
            "aws:TokenIssueTime": now(),
            "aws:MultiFactorAuthPresent": "false",
        }
        own = session(self._by.environment, answer["Credentials"])
        return Caller(self._names.session_arn, self._names.role_arn, own, documents, keys, {"team": _TEAM["role"]})

    def bucket(self, policy: Body | None) -> None:
        """Make the bucket with its objects; user and role that its policy names must be there."""
        s3, name = self._by.s3, self._names.bucket
        s3.create_bucket(Bucket=name)
        # Else no policy that names everybody could be put.
        s3.delete_public_access_block(Bucket=name)
        for key in KEYS:
            s3.put_object(Bucket=name, Key=key, Body=b"x")
        if policy is not None:
            s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))

    def trust(self, policy: Body) -> None:
        """Give the role this trust policy."""
        self._by.iam.update_assume_role_policy(RoleName=self._names.role, PolicyDocument=json.dumps(policy))

    def _managed(self, name: str, policy: Body) -> str:
        return str(self._by.iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(policy))["Policy"]["Arn"])


def now() -> str:
    """Return the time as condition keys write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tags(of: str) -> list[dict[str, str]]:
    return [{"Key": "team", "Value": _TEAM[of]}]


def _text(statement: Body) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})

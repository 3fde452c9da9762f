"""One local AWS for all tests of this folder, and helpers that create users, roles and buckets in it."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from temp_access.local_aws.control import Instance
from temp_access.local_aws.session import session
from temp_access.local_aws.testing import running


def document(*statements: dict[str, Any], version: str = "2012-10-17") -> str:
    """Return the JSON of a policy with these statements."""
    return json.dumps({"Version": version, "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **elements: Any) -> dict[str, Any]:
    """Return an Allow statement; `elements` adds or replaces its elements."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **elements}


class LocalAccount:
    """The account of the local AWS: the deployer's clients, and the users, roles and buckets that tests create."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._number = itertools.count(1)
        # Without validation, so that the server gets the calls that the SDK would refuse.
        self._config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        self.iam = self.client(instance.deployer, "iam")
        self.s3 = self.client(instance.deployer, "s3")
        self.sts = self.client(instance.deployer, "sts")

    document = staticmethod(document)
    allow = staticmethod(allow)

    def client(self, session: boto3.Session, service: str) -> Any:
        """Return a client that neither validates parameters nor retries."""
        return session.client(service, config=self._config)  # type: ignore[call-overload]

    def name(self, prefix: str) -> str:
        """Return a name that no other test uses."""
        return f"{prefix}-{next(self._number)}"

    def session(self, credentials: dict[str, Any]) -> boto3.Session:
        """Return a session with credentials as STS or CreateAccessKey returns them."""
        return session(self.instance.environment, credentials)

    def user(self, *statements: dict[str, Any], **options: Any) -> tuple[str, boto3.Session]:
        """Create a user with an inline policy, and return its ARN and a session with its access key."""
        name = options.pop("UserName", None) or self.name("user")
        arn = self.iam.create_user(UserName=name, **options)["User"]["Arn"]
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return arn, self.session(self.iam.create_access_key(UserName=name)["AccessKey"])

    def role(self, trust: dict[str, Any] | str, *statements: dict[str, Any], **options: Any) -> str:
        """Create a role that trusts a principal ARN, or has a trust statement, and return its ARN."""
        if isinstance(trust, str):
            trust = {"Effect": "Allow", "Principal": {"AWS": trust}, "Action": "sts:AssumeRole"}
        name = self.name("role")
        created = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **options)
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        return str(created["Role"]["Arn"])

    def bucket(self, *keys: str, policy: dict[str, Any] | None = None) -> str:
        """Create a bucket with one small object under each key, and return its name."""
        name = self.name("bucket")
        self.s3.create_bucket(Bucket=name)
        for key in keys:
            self.s3.put_object(Bucket=name, Key=key, Body=b"x")
        if policy is not None:
            self.s3.put_bucket_policy(Bucket=name, Policy=document(policy))
        return name

    def assume(self, caller: boto3.Session, role: str, policy: str | None = None, **options: Any) -> boto3.Session:
        """Assume the role, and return a session with its credentials."""
        if policy is not None:
            options["Policy"] = policy
        options = {"RoleSessionName": "bob", **options}
        response = self.client(caller, "sts").assume_role(RoleArn=role, **options)
        return self.session(response["Credentials"])

    def role_session(self, *statements: dict[str, Any], policy: str | None = None, **options: Any) -> boto3.Session:
        """Create a user and a role with these statements, and return a session of the role."""
        arn, caller = self.user()
        return self.assume(caller, self.role(arn, *statements), policy, **options)

    @staticmethod
    def outcome(call: Callable[..., Any], **parameters: Any) -> str:
        """Return `allowed`, or the error code of the call."""
        try:
            call(**parameters)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "allowed"


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAccount]:
    """Run one local AWS for all tests."""
    with running(tmp_path_factory.mktemp("local-aws")) as instance:
        yield LocalAccount(instance)

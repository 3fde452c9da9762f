"""A world of random policies in the local AWS, and both answers to calls in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.control import Instance
from local_aws.testing import session
from temp_access.policy.evaluate import Decision, Layer, Layers, Policy, Request, evaluate
from temp_access.policy.parse import parse_policy
from tests.integration.differential.calls import Call, random_assume, random_call
from tests.integration.differential.random_policies import ACCOUNT, KEYS, Body, Maker, Names

_ONCE = Config(parameter_validation=False, retries={"total_max_attempts": 1})
_DENIED = ("AccessDenied", "403")
TEAM = {"user": "team-a", "role": "team-b"}


@dataclass(frozen=True)
class Documents:
    """The policies of one caller, as they were put into the local AWS."""

    identity: Body
    boundary: Body | None
    session: Body | None
    bucket: Body | None
    trust: Body | None = None

    def layers(self, call: Call) -> Layers:
        """Return what takes part in the call."""
        on = {"s3": self.bucket, "sts": self.trust}.get(call.service)
        layer = Layer.TRUST if call.service == "sts" else Layer.RESOURCE
        return Layers(
            identity=(parse_policy(self.identity, Layer.IDENTITY),),
            session=None if self.session is None else (parse_policy(self.session, Layer.SESSION),),
            boundary=_parsed(self.boundary, Layer.BOUNDARY),
            resource=_parsed(on, layer),
            resource_is_trust_policy=call.service == "sts",
        )


@dataclass(frozen=True)
class Caller:
    """One caller: its credentials, its policies, and the keys that follow from it."""

    principal: str
    role_arn: str | None
    session: boto3.Session
    documents: Documents
    keys: dict[str, Any]
    tags: dict[str, str]


@dataclass(frozen=True)
class Case:
    """One call with both answers; `name` tells how to make it again."""

    name: str
    caller: Caller
    call: Call
    local: bool
    decision: Decision

    @property
    def agrees(self) -> bool:
        """Whether both say the same."""
        return self.local is self.decision.allowed

    def __str__(self) -> str:
        shown = {k: v for k, v in vars(self.caller.documents).items() if v is not None}
        local = "allowed" if self.local else "denied"
        return (
            f"{self.name}: {self.caller.principal} {self.call.operation} {self.call.parameters}\n"
            f"  local AWS: {local}; evaluator: {self.decision}\n  {json.dumps(shown)}"
        )


class World:
    """Makes users, roles and a bucket, and asks both."""

    def __init__(self, instance: Instance, seed: int) -> None:
        self._instance = instance
        self._seed = seed
        self._random = Random(seed)  # noqa: S311 - not a secret
        self._names = Names(f"world-{seed}", f"user-{seed}", f"role-{seed}", "bob")
        self._make = Maker(self._random, self._names)
        self._iam = instance.deployer.client("iam")
        self._s3 = instance.deployer.client("s3")

    def cases(self, calls: int, assumes: int) -> Iterator[Case]:
        """Make everything, call, and yield each call with both answers."""
        user, role = self._user(), self._role()
        bucket = self._make.of_bucket() if self._random.random() < 0.7 else None
        self._bucket(bucket)
        for caller in (self._caller(user, bucket), self._session(user, role, bucket)):
            clients = {service: caller.session.client(service, config=_ONCE) for service in ("s3", "iam")}
            for _ in range(calls):
                yield self._asked(caller, random_call(self._random, self._names), clients)
        clients = {"sts": user[1].client("sts", config=_ONCE)}
        for _ in range(assumes):
            trust = self._make.trust()
            self._iam.update_assume_role_policy(RoleName=self._names.role, PolicyDocument=json.dumps(trust))
            caller = self._caller(user, None, trust)
            yield self._asked(caller, random_assume(self._random, self._names), clients)

    def _asked(self, caller: Caller, call: Call, clients: dict[str, Any]) -> Case:
        name = f"world {self._seed}, {'role' if caller.role_arn else 'user'}"
        return Case(name, caller, call, allows(call, clients[call.service]), decide(caller, call))

    def _maybe(self) -> Body | None:
        return self._make.identity() if self._random.random() < 0.3 else None

    def _user(self) -> tuple[Documents, boto3.Session, str]:
        documents = Documents(self._make.identity(), self._maybe(), None, None)
        made = self._iam.create_user(UserName=self._names.user, Tags=[{"Key": "team", "Value": TEAM["user"]}])
        self._iam.put_user_policy(
            UserName=self._names.user, PolicyName="own", PolicyDocument=json.dumps(documents.identity)
        )
        if arn := self._managed("user", documents.boundary):
            self._iam.put_user_permissions_boundary(UserName=self._names.user, PermissionsBoundary=arn)
        key = self._iam.create_access_key(UserName=self._names.user)["AccessKey"]
        return documents, session(self._instance.environment, key), made["User"]["UserId"]

    def _role(self) -> tuple[Documents, str]:
        documents = Documents(self._make.identity(), self._maybe(), self._maybe(), None)
        statement = {"Effect": "Allow", "Principal": {"AWS": self._instance_arn()}, "Action": "sts:AssumeRole"}
        made = self._iam.create_role(
            RoleName=self._names.role,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}),
            Tags=[{"Key": "team", "Value": TEAM["role"]}],
        )
        self._iam.put_role_policy(
            RoleName=self._names.role, PolicyName="own", PolicyDocument=json.dumps(documents.identity)
        )
        if arn := self._managed("role", documents.boundary):
            self._iam.put_role_permissions_boundary(RoleName=self._names.role, PermissionsBoundary=arn)
        return documents, made["Role"]["RoleId"]

    def _instance_arn(self) -> str:
        return str(self._instance.deployer.client("sts").get_caller_identity()["Arn"])

    def _managed(self, of: str, boundary: Body | None) -> str | None:
        if boundary is None:
            return None
        name = f"{of}-{self._seed}"
        made = self._iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(boundary))
        return str(made["Policy"]["Arn"])

    def _bucket(self, policy: Body | None) -> None:
        self._s3.create_bucket(Bucket=self._names.bucket)
        # Else no policy that names everybody could be put.
        self._s3.delete_public_access_block(Bucket=self._names.bucket)
        for key in KEYS:
            self._s3.put_object(Bucket=self._names.bucket, Key=key, Body=b"x")
        if policy is not None:
            self._s3.put_bucket_policy(Bucket=self._names.bucket, Policy=json.dumps(policy))

    def _caller(
        self, user: tuple[Documents, boto3.Session, str], bucket: Body | None, trust: Body | None = None
    ) -> Caller:
        documents, own, unique_id = user
        found = Documents(documents.identity, documents.boundary, None, bucket, trust)
        return Caller(self._names.user_arn, None, own, found, {"aws:userid": unique_id}, {"team": TEAM["user"]})

    def _session(
        self, user: tuple[Documents, boto3.Session, str], role: tuple[Documents, str], bucket: Body | None
    ) -> Caller:
        documents, unique_id = role
        given = {} if documents.session is None else {"Policy": json.dumps(documents.session)}
        sts = self._instance.deployer.client("sts")
        answer = sts.assume_role(RoleArn=self._names.role_arn, RoleSessionName=self._names.session, **given)
        keys = {
            "aws:userid": f"{unique_id}:{self._names.session}",
            "aws:TokenIssueTime": _now(),
            "aws:MultiFactorAuthPresent": "false",
        }
        found = Documents(documents.identity, documents.boundary, documents.session, bucket)
        own = session(self._instance.environment, answer["Credentials"])
        return Caller(self._names.session_arn, self._names.role_arn, own, found, keys, {"team": TEAM["role"]})


def allows(call: Call, client: Any) -> bool:
    """Call it, and say whether it was allowed; any other error than a denial is the test's own."""
    try:
        call.make(client)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _DENIED:
            raise
        return False
    return True


def decide(caller: Caller, call: Call) -> Decision:
    """Return the evaluator's answer: that to the first action which is denied, else to the last."""
    layers = caller.documents.layers(call)
    decision = None
    for action in call.actions:
        decision = evaluate(layers, request(caller, call, action))
        if not decision.allowed:
            return decision
    assert decision is not None
    return decision


def request(caller: Caller, call: Call, action: str) -> Request:
    """Return the request that the call is, with the keys that AWS would put into it."""
    everywhere = {
        "aws:SecureTransport": "true",
        "aws:SourceIp": "127.0.0.1",
        "aws:RequestedRegion": "us-east-1",
        "aws:CurrentTime": _now(),
        "aws:EpochTime": str(int(datetime.now(UTC).timestamp())),
    }
    return Request(
        principal=caller.principal,
        action=action,
        resource=call.resource,
        account=ACCOUNT,
        resource_account=ACCOUNT,
        role_arn=caller.role_arn,
        context={**everywhere, **caller.keys, **call.keys},
        principal_tags=caller.tags,
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parsed(document: Body | None, layer: Layer) -> Policy | None:
    return None if document is None else parse_policy(document, layer)

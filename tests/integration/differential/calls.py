"""The calls that are really made with boto3, and what the evaluator is asked about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.integration.differential.random_policies import ACCOUNT, KEYS, PREFIXES, Names


@dataclass(frozen=True)
class Call:
    """One call: the client, its operation and parameters; the actions on the resource that it needs, and its keys."""

    service: str
    operation: str
    parameters: dict[str, Any]
    actions: tuple[str, ...]
    resource: str
    keys: dict[str, Any] = field(default_factory=dict)

    def make(self, client: Any) -> Any:
        """Call it."""
        return getattr(client, self.operation)(**self.parameters)


def random_call(random: Random, names: Names) -> Call:
    """Return a call of S3 or IAM about this world's things."""
    make: Callable[[Random, Names], Call] = random.choices(
        (_get, _put, _delete, _tagging, _list, _location, _role), (4, 3, 2, 1, 5, 1, 1)
    )[0]
    return make(random, names)


def random_assume(random: Random, names: Names) -> Call:
    """Return an AssumeRole call."""
    parameters = {"RoleArn": names.role_arn, "RoleSessionName": random.choice(("bob", f"x-{names.user}", names.user))}
    keys = {"sts:RoleSessionName": parameters["RoleSessionName"]}
    actions = ["sts:AssumeRole"]
    if random.random() < 0.5:
        parameters["ExternalId"] = keys["sts:ExternalId"] = random.choice(("a", "abc", "ab/c"))
    if random.random() < 0.3:
        parameters["SourceIdentity"] = keys["sts:SourceIdentity"] = random.choice(("bob", names.user))
        actions.append("sts:SetSourceIdentity")
    return Call("sts", "assume_role", parameters, tuple(actions), names.role_arn, keys)


def _on_object(operation: str, action: str, names: Names, key: str, **more: Any) -> Call:
    parameters = {"Bucket": names.bucket, "Key": key, **more}
    return Call("s3", operation, parameters, (action,), f"{names.bucket_arn}/{key}")


def _get(random: Random, names: Names) -> Call:
    return _on_object("get_object", "s3:GetObject", names, random.choice(KEYS))


def _put(random: Random, names: Names) -> Call:
    return _on_object("put_object", "s3:PutObject", names, random.choice(KEYS), Body=b"y")


def _delete(random: Random, names: Names) -> Call:
    # A key that isn't there: the objects stay for the other calls.
    return _on_object("delete_object", "s3:DeleteObject", names, random.choice(KEYS) + "/none")


def _tagging(random: Random, names: Names) -> Call:
    return _on_object("get_object_tagging", "s3:GetObjectTagging", names, random.choice(KEYS))


def _list(random: Random, names: Names) -> Call:
    parameters: dict[str, Any] = {"Bucket": names.bucket}
    keys: dict[str, Any] = {}
    for name, key, value in (
        ("Prefix", "s3:prefix", random.choice(PREFIXES)),
        ("Delimiter", "s3:delimiter", random.choice((None, None, "/"))),
        ("MaxKeys", "s3:max-keys", random.choice((None, None, 1, 10))),
    ):
        if value is not None:
            parameters[name], keys[key] = value, value
    operation = random.choice(("list_objects_v2", "list_objects"))
    return Call("s3", operation, parameters, ("s3:ListBucket",), names.bucket_arn, keys)


def _location(random: Random, names: Names) -> Call:
    return Call("s3", "get_bucket_location", {"Bucket": names.bucket}, ("s3:GetBucketLocation",), names.bucket_arn)


def _role(random: Random, names: Names) -> Call:
    return Call("iam", "get_role", {"RoleName": names.role}, ("iam:GetRole",), names.role_arn)


__all__ = ["ACCOUNT", "Call", "random_assume", "random_call"]

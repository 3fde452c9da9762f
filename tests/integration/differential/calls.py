"""The calls that boto3 makes, with the actions, resource and condition keys that the evaluator decides on."""

from dataclasses import dataclass, field
from typing import Any

from tests.integration.differential.names import KEYS, PREFIXES, TAGS, Names
from tests.integration.differential.random_choice import RandomChoice


@dataclass(frozen=True)
class Call:
    """One call: client, operation and parameters; the actions that it needs on the resource, and its condition keys."""

    service: str
    operation: str
    parameters: dict[str, Any]
    actions: tuple[str, ...]
    resource: str
    keys: dict[str, Any] = field(default_factory=dict)


def random_call(choice: RandomChoice, names: Names) -> Call:
    """Return a random call of S3 or IAM with these names."""
    factories = [*[_get] * 4, *[_put] * 3, *[_delete] * 2, _tagging, *[_list] * 5, _location, _role]
    call: Call = choice.one_of(*factories)(choice, names)
    return call


def random_assume(choice: RandomChoice, names: Names) -> Call:
    """Return a random call of AssumeRole."""
    parameters: dict[str, Any] = {"RoleArn": names.role_arn}
    parameters["RoleSessionName"] = choice.one_of("bob", f"x-{names.user}", names.user)
    keys: dict[str, Any] = {"sts:RoleSessionName": parameters["RoleSessionName"]}
    actions = ["sts:AssumeRole"]
    if choice.chance(0.5):
        parameters["ExternalId"] = keys["sts:ExternalId"] = choice.one_of("ab", "abc", "ab/c")
    if choice.chance(0.3):
        parameters["SourceIdentity"] = keys["sts:SourceIdentity"] = choice.one_of("bob", names.user)
        actions.append("sts:SetSourceIdentity")
    if choice.chance(0.3):
        parameters["Tags"] = [{"Key": key, "Value": value} for key, value in TAGS.items()]
        keys |= {"aws:TagKeys": list(TAGS), **{f"aws:RequestTag/{key}": value for key, value in TAGS.items()}}
        actions.append("sts:TagSession")
    return Call("sts", "assume_role", parameters, tuple(actions), names.role_arn, keys)


def get_object(names: Names, key: str) -> Call:
    """Return a call of GetObject."""
    return _object_call("get_object", "s3:GetObject", names, key)


def _get(choice: RandomChoice, names: Names) -> Call:
    return get_object(names, choice.one_of(*KEYS))


def _put(choice: RandomChoice, names: Names) -> Call:
    return _object_call("put_object", "s3:PutObject", names, choice.one_of(*KEYS), Body=b"y")


def _delete(choice: RandomChoice, names: Names) -> Call:
    # The key doesn't exist, so that the objects stay for the other calls.
    return _object_call("delete_object", "s3:DeleteObject", names, f"{choice.one_of(*KEYS)}/none")


def _tagging(choice: RandomChoice, names: Names) -> Call:
    return _object_call("get_object_tagging", "s3:GetObjectTagging", names, choice.one_of(*KEYS))


def _list(choice: RandomChoice, names: Names) -> Call:
    parameters: dict[str, Any] = {"Bucket": names.bucket}
    keys: dict[str, Any] = {}
    for name, key, value in (
        ("Prefix", "s3:prefix", choice.one_of(*PREFIXES)),
        ("Delimiter", "s3:delimiter", choice.one_of(None, None, "/")),
        ("MaxKeys", "s3:max-keys", choice.one_of(None, None, 1, 10)),
    ):
        if value is not None:
            parameters[name], keys[key] = value, value
    operation = choice.one_of("list_objects_v2", "list_objects")
    return Call("s3", operation, parameters, ("s3:ListBucket",), names.bucket_arn, keys)


def _location(choice: RandomChoice, names: Names) -> Call:
    return Call("s3", "get_bucket_location", {"Bucket": names.bucket}, ("s3:GetBucketLocation",), names.bucket_arn)


def _role(choice: RandomChoice, names: Names) -> Call:
    return Call("iam", "get_role", {"RoleName": names.role}, ("iam:GetRole",), names.role_arn)


def _object_call(operation: str, action: str, names: Names, key: str, **parameters: Any) -> Call:
    parameters |= {"Bucket": names.bucket, "Key": key}
    return Call("s3", operation, parameters, (action,), f"{names.bucket_arn}/{key}")

"""The calls that are really made with boto3, and what the evaluator is asked about each."""

from dataclasses import dataclass, field
from typing import Any

from tests.integration.differential.names import KEYS, PREFIXES, TAGS, Names
from tests.integration.differential.random_choice import Choice


@dataclass(frozen=True)
class Call:
    """One call: the client, its operation and parameters; the actions on the resource that it needs, and its keys."""

    service: str
    operation: str
    parameters: dict[str, Any]
    actions: tuple[str, ...]
    resource: str
    keys: dict[str, Any] = field(default_factory=dict)


def random_call(choice: Choice, names: Names) -> Call:
    """Return a call of S3 or IAM about this world's things."""
    makers = [*[_get] * 4, *[_put] * 3, *[_delete] * 2, _tagging, *[_list] * 5, _location, _role]
    made: Call = choice.of(*makers)(choice, names)
    return made


def random_assume(choice: Choice, names: Names) -> Call:
    """Return an AssumeRole call."""
    parameters: dict[str, Any] = {"RoleArn": names.role_arn}
    parameters["RoleSessionName"] = choice.of("bob", f"x-{names.user}", names.user)
    keys: dict[str, Any] = {"sts:RoleSessionName": parameters["RoleSessionName"]}
    actions = ["sts:AssumeRole"]
    if choice.chance(0.5):
        parameters["ExternalId"] = keys["sts:ExternalId"] = choice.of("ab", "abc", "ab/c")
    if choice.chance(0.3):
        parameters["SourceIdentity"] = keys["sts:SourceIdentity"] = choice.of("bob", names.user)
        actions.append("sts:SetSourceIdentity")
    if choice.chance(0.3):
        parameters["Tags"] = [{"Key": key, "Value": value} for key, value in TAGS.items()]
        keys |= {"aws:TagKeys": list(TAGS), **{f"aws:RequestTag/{key}": value for key, value in TAGS.items()}}
        actions.append("sts:TagSession")
    return Call("sts", "assume_role", parameters, tuple(actions), names.role_arn, keys)


def get(names: Names, key: str) -> Call:
    """Return a GetObject."""
    return _on_object("get_object", "s3:GetObject", names, key)


def _get(choice: Choice, names: Names) -> Call:
    return get(names, choice.of(*KEYS))


def _put(choice: Choice, names: Names) -> Call:
    return _on_object("put_object", "s3:PutObject", names, choice.of(*KEYS), Body=b"y")


def _delete(choice: Choice, names: Names) -> Call:
    # A key that isn't there: the objects stay for the other calls.
    return _on_object("delete_object", "s3:DeleteObject", names, f"{choice.of(*KEYS)}/none")


def _tagging(choice: Choice, names: Names) -> Call:
    return _on_object("get_object_tagging", "s3:GetObjectTagging", names, choice.of(*KEYS))


def _list(choice: Choice, names: Names) -> Call:
    parameters: dict[str, Any] = {"Bucket": names.bucket}
    keys: dict[str, Any] = {}
    for name, key, value in (
        ("Prefix", "s3:prefix", choice.of(*PREFIXES)),
        ("Delimiter", "s3:delimiter", choice.of(None, None, "/")),
        ("MaxKeys", "s3:max-keys", choice.of(None, None, 1, 10)),
    ):
        if value is not None:
            parameters[name], keys[key] = value, value
    operation = choice.of("list_objects_v2", "list_objects")
    return Call("s3", operation, parameters, ("s3:ListBucket",), names.bucket_arn, keys)


def _location(choice: Choice, names: Names) -> Call:
    return Call("s3", "get_bucket_location", {"Bucket": names.bucket}, ("s3:GetBucketLocation",), names.bucket_arn)


def _role(choice: Choice, names: Names) -> Call:
    return Call("iam", "get_role", {"RoleName": names.role}, ("iam:GetRole",), names.role_arn)


def _on_object(operation: str, action: str, names: Names, key: str, **more: Any) -> Call:
    parameters = {"Bucket": names.bucket, "Key": key, **more}
    return Call("s3", operation, parameters, (action,), f"{names.bucket_arn}/{key}")

"""The shapes that the properties of users, roles, buckets and their policies must have to be read."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from temp_access.cfn.opaque import OpaqueValue, opaque_parts

_Shape = Callable[[Any], bool]
_IDENTITIES = ("AWS::IAM::Role", "AWS::IAM::User")
_DOCUMENTS = ("AssumeRolePolicyDocument", "PolicyDocument")
# Names of policies and groups: one that isn't known has what is written as its name, and no known policy.
_NAMES_OF_POLICIES = ("Groups", "ManagedPolicyArns", "PermissionsBoundary")


@dataclass(slots=True)
class ReadProperties:
    """The properties that can be read, and what was written in each one that can't be, or not as a whole.

    `partly` has the opaque values in policy documents, which are read as far as they are known.
    """

    readable: dict[str, Any] = field(default_factory=dict)
    unread: dict[str, Any] = field(default_factory=dict)
    partly: dict[str, list[OpaqueValue]] = field(default_factory=dict)


def read_properties(
    kind: str, properties: Mapping[str, Any], required: tuple[str, ...], written: Mapping[str, Any]
) -> ReadProperties:
    """Return resolved properties without those in an odd shape; `written` are those of the template.

    A document in an odd shape may allow and deny everything.
    """
    read = ReadProperties()
    if isinstance(properties, OpaqueValue):
        read.unread["Properties"] = properties.written
        properties = {"Policies": properties} if kind in _IDENTITIES else {}
    for name in dict.fromkeys([*properties, *required]):
        value = properties.get(name)
        if name in _DOCUMENTS:
            read.readable[name] = _document(value)
            read.partly[name] = [*opaque_parts(read.readable[name])]
        elif name == "Policies":
            _read_policies(value, read)
        elif name in _NAMES_OF_POLICIES and not _SHAPES[name](value):
            read.unread[name] = written.get(name)
            read.readable[name] = _names(value) if name != "PermissionsBoundary" else _name(value)
        elif name in _SHAPES and not _SHAPES[name](value):
            read.unread[name] = written.get(name)
        else:
            read.readable[name] = value
    if "Policies" in read.unread and "Properties" in read.unread:
        del read.unread["Policies"]
    return read


def _read_policies(value: object, read: ReadProperties) -> None:
    policies, odd = [], []
    for index, policy in enumerate(value if isinstance(value, list) else [value]):
        if isinstance(policy, OpaqueValue) or not isinstance(policy, Mapping):
            odd.append(policy.written if isinstance(policy, OpaqueValue) else policy)
            policies.append({"PolicyName": f"policy {index}", "PolicyDocument": OpaqueValue(odd[-1])})
            continue
        name, document = policy.get("PolicyName"), _document(policy.get("PolicyDocument"))
        if not isinstance(name, str):
            odd.append(name)
            name = f"policy {index}"
        policies.append({"PolicyName": name, "PolicyDocument": document})
        read.partly.setdefault("Policies", []).extend(opaque_parts(document))
    read.readable["Policies"] = policies
    if odd:
        read.unread["Policies"] = odd


def _document(value: object) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return OpaqueValue(value)
    return value if isinstance(value, Mapping) else OpaqueValue(value)


def _names(value: object) -> list[str]:
    return [_name(each) for each in (value if isinstance(value, list) else [value])]


def _name(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, str | bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.isdecimal())


def _list_of(shape: _Shape) -> _Shape:
    return lambda value: isinstance(value, list) and all(map(shape, value))


def _with(shapes: Mapping[str, _Shape]) -> _Shape:
    """Return the shape of an object with some of these keys, and no others."""
    return lambda value: (
        isinstance(value, Mapping)
        and not isinstance(value, OpaqueValue)
        and all(name in shapes and shapes[name](each) for name, each in value.items())
    )


def _of_flags(value: object) -> bool:
    return isinstance(value, Mapping) and not isinstance(value, OpaqueValue) and all(map(_is_flag, value.values()))


def _is_anything(value: object) -> bool:
    return not [*opaque_parts(value)]


_TAGS = _list_of(_with({"Key": _is_text, "Value": _is_text}))
_SHAPES: Mapping[str, _Shape] = MappingProxyType(
    {
        **dict.fromkeys(("Groups", "ManagedPolicyArns", "Roles", "Users"), _list_of(_is_text)),
        **dict.fromkeys(
            (
                "AccessControl",
                "Bucket",
                "BucketName",
                "ManagedPolicyName",
                "Path",
                "PermissionsBoundary",
                "PolicyName",
                "RoleName",
                "UserName",
            ),
            _is_text,
        ),
        "MaxSessionDuration": _is_number,
        "Tags": lambda value: _TAGS(value) and all(len(tag) == 2 for tag in value),
        "PublicAccessBlockConfiguration": _of_flags,
        "VersioningConfiguration": _with({"Status": _is_text}),
        "OwnershipControls": lambda value: (
            _with({"Rules": _list_of(_with({"ObjectOwnership": _is_text}))})(value)
            and all("ObjectOwnership" in rule for rule in value.get("Rules", ()))
        ),
        "BucketEncryption": _with(
            {
                "ServerSideEncryptionConfiguration": _list_of(
                    _with(
                        {
                            "ServerSideEncryptionByDefault": _of_flags,
                            "BucketKeyEnabled": _is_anything,
                            "BlockedEncryptionTypes": _is_anything,
                        }
                    )
                )
            }
        ),
    }
)

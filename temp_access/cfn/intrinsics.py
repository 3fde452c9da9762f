"""Resolve Ref, GetAtt, Join, Sub … to names."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from temp_access.cfn.assembly import Template
from temp_access.errors import UserError

_NAMES = {
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::S3::Bucket": "BucketName",
}
_IAM_KINDS = {"AWS::IAM::User": "user", "AWS::IAM::Role": "role", "AWS::IAM::ManagedPolicy": "policy"}
_ARN_ATTRIBUTES = {"AWS::IAM::ManagedPolicy": "PolicyArn"}
Resolve = Callable[[Any], Any]


class UnresolvedError(UserError):
    """A template refers to something in a way that can't be followed here."""


@dataclass(frozen=True, slots=True)
class TemplateContext:
    """What the references in a set of templates stand for.

    `physical` gives the deployed name (a managed policy's ARN) of (stack, logical id). What it lacks has the
    name that the template gives, else a placeholder made of stack and logical id.
    """

    templates: Mapping[str, Template]
    account: str
    region: str
    partition: str
    physical: Mapping[tuple[str, str], str] = field(default_factory=dict)


def reference(stack: str, logical_id: str, scope: TemplateContext, resolve: Resolve) -> str:
    """Return what `Ref` gives: a resource's name, or a managed policy's ARN."""
    resource = _resource(stack, logical_id, scope)
    if resource["Type"] == "AWS::IAM::ManagedPolicy":
        return _arn(stack, logical_id, scope, resolve)
    return _name(stack, logical_id, scope, resolve)


def attribute(stack: str, logical_id: str, name: str, scope: TemplateContext, resolve: Resolve) -> str:
    """Return what `Fn::GetAtt` gives, for the attributes that are ARNs."""
    kind = _resource(stack, logical_id, scope)["Type"]
    if kind not in _NAMES or name != _ARN_ATTRIBUTES.get(kind, "Arn"):
        raise UnresolvedError(
            f"{stack}: {name} of {logical_id} ({kind}) isn't known before it is deployed; "
            "teach temp_access/cfn/intrinsics.py how it follows from the template"
        )
    return _arn(stack, logical_id, scope, resolve)


def _resource(stack: str, logical_id: str, scope: TemplateContext) -> Mapping[str, Any]:
    resource = scope.templates[stack]["Resources"].get(logical_id)
    if not isinstance(resource, Mapping):
        raise UnresolvedError(f"{stack}: refers to {logical_id}, which isn't a resource; run `make synth` again")
    return resource


def _name(stack: str, logical_id: str, scope: TemplateContext, resolve: Resolve) -> str:
    if (stack, logical_id) in scope.physical:
        return scope.physical[stack, logical_id]
    resource = _resource(stack, logical_id, scope)
    given = resource.get("Properties", {}).get(_NAMES.get(resource["Type"], ""))
    if given is not None:
        return str(resolve(given))
    placeholder = f"{stack}-{logical_id}"
    # A bucket's name has no capitals:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    return placeholder.lower() if resource["Type"] == "AWS::S3::Bucket" else placeholder


def _arn(stack: str, logical_id: str, scope: TemplateContext, resolve: Resolve) -> str:
    resource = _resource(stack, logical_id, scope)
    name = _name(stack, logical_id, scope, resolve)
    if name.startswith("arn:"):
        return name
    if resource["Type"] == "AWS::S3::Bucket":
        return f"arn:{scope.partition}:s3:::{name}"
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
    path = resolve(resource.get("Properties", {}).get("Path", "/"))
    return f"arn:{scope.partition}:iam::{scope.account}:{_IAM_KINDS[resource['Type']]}{path}{name}"


# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html
_URL_SUFFIXES = {"aws-cn": "amazonaws.com.cn", "aws-iso": "c2s.ic.gov", "aws-iso-b": "sc2s.sgov.gov"}
_SUB_REFERENCE = re.compile(r"\$\{(!?)([^{}]*)\}")
_NO_VALUE = object()


def resolve(value: Any, stack: str, scope: TemplateContext) -> Any:
    """Return `value`, from the template of `stack`, with every intrinsic function replaced by what it gives.

    Raises UnresolvedError for a function, reference or export that can't be followed.
    """
    try:
        return _resolve(value, stack, scope)
    except RecursionError:
        raise UnresolvedError(
            f"{stack}: a value refers to itself or is nested too deeply; run `make synth` again"
        ) from None


def _resolve(value: Any, stack: str, scope: TemplateContext) -> Any:
    if isinstance(value, list):
        return [item for item in (_resolve(item, stack, scope) for item in value) if item is not _NO_VALUE]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(function, argument)] = value.items()
        if function == "Ref" or function.startswith("Fn::"):
            return _call(function, argument, stack, scope)
    resolved = {key: _resolve(item, stack, scope) for key, item in value.items()}
    return {key: item for key, item in resolved.items() if item is not _NO_VALUE}


def _call(function: str, argument: Any, stack: str, scope: TemplateContext) -> Any:
    if function not in _FUNCTIONS:
        raise UnresolvedError(
            f"{stack}: {function} isn't supported; leave it out of the stacks, or teach "
            "temp_access/cfn/intrinsics.py what it gives"
        )
    try:
        return _FUNCTIONS[function](argument, stack, scope)
    except (TypeError, ValueError, LookupError, AttributeError):
        raise UnresolvedError(
            f"{stack}: {function} can't be called with {argument!r:.200}; run `make synth` again"
        ) from None


def _ref(name: str, stack: str, scope: TemplateContext) -> Any:
    pseudo = {
        "AWS::AccountId": scope.account,
        "AWS::Region": scope.region,
        "AWS::Partition": scope.partition,
        "AWS::StackName": stack,
        "AWS::URLSuffix": _URL_SUFFIXES.get(scope.partition, "amazonaws.com"),
        "AWS::NoValue": _NO_VALUE,
    }
    if name in pseudo:
        return pseudo[name]
    return reference(stack, name, scope, lambda value: _resolve(value, stack, scope))


def _get_att(argument: list[str] | str, stack: str, scope: TemplateContext) -> str:
    logical_id, name = argument.split(".", 1) if isinstance(argument, str) else argument
    return attribute(stack, logical_id, name, scope, lambda value: _resolve(value, stack, scope))


def _join(argument: tuple[str, list[Any]], stack: str, scope: TemplateContext) -> str:
    separator, items = argument
    return str(separator).join(_strings(_resolve(items, stack, scope)))


def _sub(argument: str | tuple[str, dict[str, Any]], stack: str, scope: TemplateContext) -> str:
    text, variables = (argument, {}) if isinstance(argument, str) else argument

    def replace(match: re.Match[str]) -> str:
        literal, name = match.groups()
        if literal:
            return f"${{{name}}}"
        if name in variables:
            return str(_resolve(variables[name], stack, scope))
        return str(_get_att(name, stack, scope) if "." in name else _ref(name, stack, scope))

    return _SUB_REFERENCE.sub(replace, text)


def _import_value(argument: Any, stack: str, scope: TemplateContext) -> Any:
    name = _resolve(argument, stack, scope)
    for exporting, template in scope.templates.items():
        for output in template.get("Outputs", {}).values():
            if "Export" in output and _resolve(output["Export"]["Name"], exporting, scope) == name:
                return _resolve(output["Value"], exporting, scope)
    raise UnresolvedError(f"{stack}: imports {name!r}, which no stack exports; run `make synth` again")


def _select(argument: tuple[int | str, Any], stack: str, scope: TemplateContext) -> Any:
    index, items = argument
    return _strings(_resolve(items, stack, scope))[int(index)]


def _split(argument: tuple[str, Any], stack: str, scope: TemplateContext) -> list[str]:
    separator, text = argument
    return str(_resolve(text, stack, scope)).split(separator)


def _strings(items: Any) -> list[str]:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise TypeError
    return items


_FUNCTIONS: dict[str, Callable[[Any, str, TemplateContext], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
}

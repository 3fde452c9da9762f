"""Intrinsic functions of CloudFormation: how a value is walked, and how its references resolve to names and ARNs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from temp_access.cfn.assembly import Template
from temp_access.cfn.opaque import OpaqueValue
from temp_access.errors import UserError
from temp_access.iam.arn import bucket_arn, iam_arn

# What Ref gives for AWS::NoValue: the list item or the key is left out.
NO_VALUE = object()
_SUB_VARIABLE = re.compile(r"\$\{(!?)([^{}]*)\}")


def _unchanged(scalar: Any) -> Any:
    return scalar


def resolve_functions(value: Any, call: Callable[[str, Any], Any], leaf: Callable[[Any], Any] = _unchanged) -> Any:
    """Return `value` with each function replaced by `call(function, argument)`, and each scalar by `leaf(scalar)`.

    An item or a key whose call returns NO_VALUE is left out. A loop can stand beside other keys. So can Fn::Transform,
    which is kept: it can change anything, so proofs and reviews name it.
    """
    if isinstance(value, list):
        items = (resolve_functions(item, call, leaf) for item in value)
        return [item for item in items if item is not NO_VALUE]
    if not isinstance(value, Mapping):
        return leaf(value)
    if len(value) == 1:
        [(function, argument)] = value.items()
        if function == "Ref" or function.startswith("Fn::"):
            return call(function, argument)
    for function in value:
        if function.startswith("Fn::ForEach::"):
            return call(function, value[function])
    resolved = {key: resolve_functions(item, call, leaf) for key, item in value.items()}
    return {key: item for key, item in resolved.items() if item is not NO_VALUE}


def substitute(template: str, value_of: Callable[[str], str]) -> str:
    """Return the string of `Fn::Sub` with `value_of(name)` for each `${name}`; `${!name}` becomes `${name}`."""
    return _SUB_VARIABLE.sub(lambda match: f"${{{match[2]}}}" if match[1] else value_of(match[2]), template)


class UnresolvedError(UserError):
    """A template has a function or a reference that can't be resolved."""


@dataclass(frozen=True, slots=True)
class TemplateContext:
    """The templates by stack name, and what their references resolve to.

    `physical` has the deployed names (a managed policy's ARN) by stack and logical id. A resource that it lacks has
    the name in its template, or else a placeholder made of stack and logical id. With `keeps_unknown`, what can't be
    resolved is an OpaqueValue instead of an error.
    """

    templates: Mapping[str, Template]
    account: str
    region: str
    partition: str
    physical: Mapping[tuple[str, str], str] = field(default_factory=dict)
    keeps_unknown: bool = False


def resolve(value: Any, stack: str, context: TemplateContext) -> Any:
    """Return `value`, from the template of `stack`, with all intrinsic functions resolved.

    Raises UnresolvedError for a function, reference or export that can't be resolved, unless `context.keeps_unknown`.
    """
    resolver = _Resolver(stack, context)
    try:
        return resolver.resolve_known(value) if context.keeps_unknown else resolver.resolve(value)
    except RecursionError:
        raise UnresolvedError(
            f"{stack}: a value refers to itself or is nested too deeply; run `make synth` again"
        ) from None


_NAME_PROPERTIES = {
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::S3::Bucket": "BucketName",
}
_IAM_RESOURCES = {"AWS::IAM::User": "user", "AWS::IAM::Role": "role", "AWS::IAM::ManagedPolicy": "policy"}
_ARN_ATTRIBUTES = {"AWS::IAM::ManagedPolicy": "PolicyArn"}
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html
_URL_SUFFIXES = {"aws-cn": "amazonaws.com.cn", "aws-iso": "c2s.ic.gov", "aws-iso-b": "sc2s.sgov.gov"}


@dataclass(frozen=True, slots=True)
class _Resolver:
    """Resolves the values of one stack's template."""

    stack: str
    context: TemplateContext

    def resolve(self, value: Any) -> Any:
        return resolve_functions(value, self._call, self._known)

    def resolve_known(self, value: Any) -> Any:
        """Return `value` with an OpaqueValue for each function and reference that can't be resolved."""

        def call(function: str, argument: Any) -> Any:
            try:
                return self._call(function, argument)
            except (UnresolvedError, RecursionError):
                return OpaqueValue({function: argument})

        def leaf(scalar: Any) -> Any:
            try:
                return self._known(scalar)
            except UnresolvedError:
                return OpaqueValue(scalar)

        return resolve_functions(value, call, leaf)

    def _known(self, scalar: Any) -> Any:
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
        if isinstance(scalar, str) and "{{resolve:" in scalar:
            raise UnresolvedError(
                f"{self.stack}: {scalar!r:.200} isn't known before the deployment; write the value itself", exit_code=3
            )
        return scalar

    def _call(self, function: str, argument: Any) -> Any:
        if function not in _FUNCTIONS:
            raise UnresolvedError(
                f"{self.stack}: {function} isn't supported; don't use it in the stacks, or add it to "
                "temp_access/cfn/intrinsics.py",
                exit_code=3,
            )
        try:
            return _FUNCTIONS[function](self, argument)
        except (TypeError, ValueError, LookupError, AttributeError):
            raise UnresolvedError(
                f"{self.stack}: {function} can't be called with {argument!r:.200}; run `make synth` again"
            ) from None

    def _ref(self, name: str) -> Any:
        pseudo_parameters = {
            "AWS::AccountId": self.context.account,
            "AWS::Region": self.context.region,
            "AWS::Partition": self.context.partition,
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": _URL_SUFFIXES.get(self.context.partition, "amazonaws.com"),
            "AWS::NoValue": NO_VALUE,
        }
        if name in pseudo_parameters:
            return pseudo_parameters[name]
        is_policy = self._resource(name)["Type"] == "AWS::IAM::ManagedPolicy"
        return self._arn(name) if is_policy else self._name(name)

    def _get_att(self, argument: list[str] | str) -> str:
        logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        type_ = self._resource(logical_id)["Type"]
        if type_ not in _NAME_PROPERTIES or attribute != _ARN_ATTRIBUTES.get(type_, "Arn"):
            raise UnresolvedError(
                f"{self.stack}: {attribute} of {logical_id} ({type_}) isn't known before the deployment; don't use it "
                "in the stacks, or add it to temp_access/cfn/intrinsics.py",
                exit_code=3,
            )
        return self._arn(logical_id)

    def _import_value(self, argument: Any) -> Any:
        name = self.resolve(argument)
        for stack, template in self.context.templates.items():
            exporter = _Resolver(stack, self.context)
            for output in template.get("Outputs", {}).values():
                if "Export" in output and exporter.resolve(output["Export"]["Name"]) == name:
                    return exporter.resolve(output["Value"])
        raise UnresolvedError(f"{self.stack}: imports {name!r}, which no stack exports; run `make synth` again")

    def _join(self, argument: tuple[str, list[Any]]) -> str:
        separator, items = argument
        return str(separator).join(_strings(self.resolve(items)))

    def _select(self, argument: tuple[int | str, Any]) -> str:
        index, items = argument
        return _strings(self.resolve(items))[int(index)]

    def _split(self, argument: tuple[str, Any]) -> list[str]:
        separator, source = argument
        return str(self.resolve(source)).split(separator)

    def _sub(self, argument: str | tuple[str, dict[str, Any]]) -> str:
        template, variables = (argument, {}) if isinstance(argument, str) else argument

        def value_of(name: str) -> str:
            if name in variables:
                value = self.resolve(variables[name])
                if not isinstance(value, str | int | float):
                    raise TypeError
                return str(value)
            return str(self._get_att(name) if "." in name else self._ref(name))

        return substitute(template, value_of)

    def _to_json_string(self, argument: Any) -> str:
        return json.dumps(self.resolve(argument), separators=(",", ":"))

    def _base64(self, argument: Any) -> str:
        return base64.b64encode(self.resolve(argument).encode()).decode()

    def _length(self, argument: Any) -> int:
        return len(self.resolve(argument)) if isinstance(argument, list) else len(_strings(self.resolve(argument)))

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, first, second = argument
        if not all(isinstance(key, str) for key in (name, first, second)):
            # The Region can be a stand-in, which selects another value than the deployment's.
            raise UnresolvedError(
                f"{self.stack}: Fn::FindInMap is supported only with keys that are strings; don't use "
                f"{argument!r:.200} in the stacks",
                exit_code=3,
            )
        return self.resolve(self.context.templates[self.stack]["Mappings"][name][first][second])

    def _resource(self, logical_id: str) -> Mapping[str, Any]:
        if logical_id in self.context.templates[self.stack].get("Parameters", {}):
            raise UnresolvedError(
                f"{self.stack}: the value of the parameter {logical_id} isn't known before the deployment; don't use "
                "it in the stacks",
                exit_code=3,
            )
        resource = self.context.templates[self.stack]["Resources"].get(logical_id)
        if not isinstance(resource, Mapping):
            raise UnresolvedError(
                f"{self.stack}: refers to {logical_id}, which isn't a resource; run `make synth` again"
            )
        return resource

    def _name(self, logical_id: str) -> str:
        if (self.stack, logical_id) in self.context.physical:
            return self.context.physical[self.stack, logical_id]
        resource = self._resource(logical_id)
        name = resource.get("Properties", {}).get(_NAME_PROPERTIES.get(resource["Type"], ""))
        if name is not None and (known := self._known_name(name)):
            return known
        placeholder = f"{self.stack}-{logical_id}"
        # A bucket's name has no capitals:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
        return placeholder.lower() if resource["Type"] == "AWS::S3::Bucket" else placeholder

    def _known_name(self, name: Any) -> str:
        """Return the name of a resource, "" if it isn't known and needn't be."""
        try:
            resolved = self.resolve(name)
        except UnresolvedError:
            if not self.context.keeps_unknown:
                raise
            return ""
        return resolved if isinstance(resolved, str) else "" if self.context.keeps_unknown else str(resolved)

    def _arn(self, logical_id: str) -> str:
        resource, name = self._resource(logical_id), self._name(logical_id)
        if name.startswith("arn:"):
            return name
        if resource["Type"] == "AWS::S3::Bucket":
            return bucket_arn(self.context.partition, name)
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
        path = self.resolve(resource.get("Properties", {}).get("Path", "/"))
        return iam_arn(self.context.partition, self.context.account, f"{_IAM_RESOURCES[resource['Type']]}{path}{name}")


def _strings(items: Any) -> list[str]:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise TypeError
    return items


_FUNCTIONS: dict[str, Callable[[_Resolver, Any], Any]] = {
    "Ref": _Resolver._ref,
    "Fn::Base64": _Resolver._base64,
    "Fn::FindInMap": _Resolver._find_in_map,
    "Fn::GetAtt": _Resolver._get_att,
    "Fn::ImportValue": _Resolver._import_value,
    "Fn::Join": _Resolver._join,
    "Fn::Length": _Resolver._length,
    "Fn::Select": _Resolver._select,
    "Fn::Split": _Resolver._split,
    "Fn::Sub": _Resolver._sub,
    "Fn::ToJsonString": _Resolver._to_json_string,
}

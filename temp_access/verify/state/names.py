"""The names and ARNs that references to a template's resources stand for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from temp_access.errors import UserError
from temp_access.verify.state.assembly import Template

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
            "teach temp_access/verify/state/names.py how it follows from the template"
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

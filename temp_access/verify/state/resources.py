"""The templates' resources, each with its name and resolved properties."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from temp_access.errors import UserError
from temp_access.verify.state.names import TemplateContext
from temp_access.verify.state.resolve import resolve


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource; `name` is what Ref gives."""

    stack: str
    kind: str
    name: str
    properties: Mapping[str, Any]


_KINDS = frozenset(
    (
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::User",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
    )
)


def resources(scope: TemplateContext) -> tuple[Resource, ...]:
    """Return every resource that says something about user, role or bucket, in the templates' order."""
    return tuple(
        Resource(
            stack=stack,
            kind=resource["Type"],
            name=resolve({"Ref": logical_id}, stack, scope),
            properties=resolve(resource.get("Properties", {}), stack, scope),
        )
        for stack, template in scope.templates.items()
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] in _KINDS
    )


def single(found: tuple[Resource, ...], kind: str) -> Resource:
    """Return the one resource of a kind; raises UserError when there is none, or several."""
    fitting = [resource for resource in found if resource.kind == kind]
    if len(fitting) != 1:
        hint = "put others into a stack of their own" if fitting else "run `make synth` again"
        raise UserError(f"the templates have {len(fitting)} resources of type {kind}, and should have one; {hint}")
    return fitting[0]

"""Where the templates define each policy: stack, logical id and construct path."""

from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.policy.decision import Layer
from temp_access.verify.state.names import TemplateContext
from temp_access.verify.state.resolve import resolve

# Whose an inline policy is ("user", "role", "" for all other policies), its layer, and its name as
# `temp_access.verify.offline.layers` gives it: where it is.
PolicyLocations = Mapping[tuple[str, Layer, str], str]


def policy_locations(scope: TemplateContext) -> PolicyLocations:
    """Return the place of every policy that the templates hold."""
    return {
        key: _place(stack, logical_id, resource)
        for stack, template in scope.templates.items()
        for logical_id, resource in template["Resources"].items()
        for key in _keys(stack, logical_id, resource, scope)
    }


def _keys(
    stack: str, logical_id: str, resource: Mapping[str, Any], scope: TemplateContext
) -> Iterator[tuple[str, Layer, str]]:
    kind, properties = resource["Type"], resource.get("Properties", {})
    if kind == "AWS::S3::BucketPolicy":
        yield "", Layer.RESOURCE, "bucket policy"
    elif kind == "AWS::IAM::ManagedPolicy":
        arn = str(resolve({"Ref": logical_id}, stack, scope))
        yield from (("", layer, arn) for layer in (Layer.IDENTITY, Layer.BOUNDARY))
    elif kind == "AWS::IAM::Policy":
        name = str(resolve(properties["PolicyName"], stack, scope))
        yield from (
            (holder, Layer.IDENTITY, name) for holder in ("user", "role") if properties.get(f"{holder.title()}s")
        )
    elif kind in ("AWS::IAM::User", "AWS::IAM::Role"):
        holder = kind.rpartition("::")[2].lower()
        if holder == "role":
            yield "", Layer.TRUST, "trust policy"
        for policy in resolve(properties.get("Policies", []), stack, scope):
            yield holder, Layer.IDENTITY, str(policy["PolicyName"])


def _place(stack: str, logical_id: str, resource: Mapping[str, Any]) -> str:
    path = resource.get("Metadata", {}).get("aws:cdk:path")
    return f"{logical_id} ({path or stack})"

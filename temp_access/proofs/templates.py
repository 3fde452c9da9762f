"""The resources of templates that could grant access and that the proofs don't read."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.cfn.assembly import Assembly
from temp_access.cfn.intrinsics import TemplateContext
from temp_access.cfn.resources import Resource, resources
from temp_access.config.model import Config
from temp_access.deployment.target import template_target
from temp_access.iam.symbolic.patterns import FOLDER_MARK

_MODELED = frozenset(
    (
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::User",
        "AWS::IAM::AccessKey",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
    )
)
# A resource of AWS::CloudFormation, a custom resource or a module can create any of the others.
_ACCESS_PREFIXES = ("AWS::IAM::", "AWS::S3", "AWS::CloudFormation::", "Custom::")


def unmodeled_resources(config: Config, assembly: Assembly) -> Iterator[str]:
    """Yield a description of each resource or template that could grant access and isn't modeled."""
    for stack, template in assembly.templates.items():
        yield from _in_template(stack, template)
    for stack, other in assembly.others.items():
        types = [kind for kind in _kinds(other) if _may_grant_access(kind)] if other else ["its templates"]
        yield from [f"the stack {stack} ({', '.join(sorted(set(types)))})"] if types else []
    target, state = template_target(config, assembly)
    own_resources = resources(TemplateContext(assembly.templates, target.account, target.region, target.partition))
    yield from _in_resources(own_resources, state.bucket.name)


def _in_template(stack: str, template: Mapping[str, Any]) -> Iterator[str]:
    template_json = json.dumps(template, ensure_ascii=False)
    if "Transform" in template or '"Fn::Transform"' in template_json:
        yield f"the result of the Transform in {stack}"
    if FOLDER_MARK in template_json:
        yield f"{stack}, which contains the placeholder {FOLDER_MARK} of the proofs"
    for logical_id, resource in template["Resources"].items():
        kind = resource["Type"]
        if _may_grant_access(kind) and kind not in _MODELED:
            yield f"{stack}.{logical_id} ({kind})"
        elif kind in _MODELED and "Condition" in resource:
            yield f"the Condition of {stack}.{logical_id}"


def _in_resources(template_resources: tuple[Resource, ...], bucket: str) -> Iterator[str]:
    about_buckets = [resource for resource in template_resources if resource.kind == "AWS::S3::BucketPolicy"]
    if len(about_buckets) > 1 or any(resource.properties.get("Bucket") != bucket for resource in about_buckets):
        yield "bucket policies other than the one of the bucket"
    for resource in template_resources:
        if resource.kind in ("AWS::IAM::Role", "AWS::IAM::User"):
            yield from [f"the path of {resource.name}"] if resource.properties.get("Path", "/") != "/" else []
            yield from (
                f"two policies {name} of {resource.name}" for name in _duplicate_policies(resource, template_resources)
            )
        if "AccessControl" in resource.properties:
            yield f"the ACL of {resource.name}"


def _duplicate_policies(owner: Resource, template_resources: tuple[Resource, ...]) -> Iterator[str]:
    own = [*owner.properties.get("Policies", ())]
    for policy in (resource.properties for resource in template_resources if resource.kind == "AWS::IAM::Policy"):
        if owner.name in (*policy.get("Roles", ()), *policy.get("Users", ())):
            own.append(policy)
    yield from (name for name, count in Counter(policy["PolicyName"] for policy in own).items() if count > 1)


def _kinds(template: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(resource["Type"]) for resource in template["Resources"].values())


def _may_grant_access(kind: str) -> bool:
    return kind.startswith(_ACCESS_PREFIXES) or kind.endswith("::MODULE")

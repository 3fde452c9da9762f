"""What in the templates could give access, and isn't read here: nothing is proved beside it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.config.model import Config
from temp_access.policy.prove.marker import NAME
from temp_access.verify.offline.target import offline_target
from temp_access.verify.state.assembly import Assembly
from temp_access.verify.state.names import TemplateContext
from temp_access.verify.state.resources import Resource, resources

_READ = frozenset(
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
# What is below AWS::CloudFormation, a custom resource or a module can make any of the others.
_GIVES_ACCESS = ("AWS::IAM::", "AWS::S3", "AWS::CloudFormation::", "Custom::")


def unmodelled_resources(config: Config, assembly: Assembly) -> Iterator[str]:
    """Yield each such place, in words."""
    for stack, template in assembly.templates.items():
        yield from _in_template(stack, template)
    for stack, other in assembly.others.items():
        found = [kind for kind in _kinds(other) if _gives_access(kind)] if other else ["its templates"]
        yield from [f"the stack {stack} ({', '.join(sorted(set(found)))})"] if found else []
    target, state = offline_target(config, assembly)
    found_here = resources(TemplateContext(assembly.templates, target.account, target.region, target.partition))
    yield from _in_resources(found_here, state.bucket.name)


def _in_template(stack: str, template: Mapping[str, Any]) -> Iterator[str]:
    text = json.dumps(template, ensure_ascii=False)
    if "Transform" in template or '"Fn::Transform"' in text:
        yield f"what Transform makes of {stack}"
    if NAME in text:
        yield f"{stack}, which has the proofs' own {NAME} in it"
    for logical_id, resource in template["Resources"].items():
        kind = resource["Type"]
        if _gives_access(kind) and kind not in _READ:
            yield f"{stack}.{logical_id} ({kind})"
        elif kind in _READ and "Condition" in resource:
            yield f"the Condition of {stack}.{logical_id}"


def _in_resources(found: tuple[Resource, ...], bucket: str) -> Iterator[str]:
    about_buckets = [resource for resource in found if resource.kind == "AWS::S3::BucketPolicy"]
    if len(about_buckets) > 1 or any(resource.properties.get("Bucket") != bucket for resource in about_buckets):
        yield "bucket policies other than the bucket's one"
    for resource in found:
        if resource.kind in ("AWS::IAM::Role", "AWS::IAM::User"):
            yield from [f"the path of {resource.name}"] if resource.properties.get("Path", "/") != "/" else []
            yield from (f"two policies {name} of {resource.name}" for name in _twice(resource, found))
        if "AccessControl" in resource.properties:
            yield f"the ACL of {resource.name}"


def _twice(owner: Resource, found: tuple[Resource, ...]) -> Iterator[str]:
    own = [*owner.properties.get("Policies", ())]
    for policy in (resource.properties for resource in found if resource.kind == "AWS::IAM::Policy"):
        if owner.name in (*policy.get("Roles", ()), *policy.get("Users", ())):
            own.append(policy)
    yield from (name for name, count in Counter(policy["PolicyName"] for policy in own).items() if count > 1)


def _kinds(template: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(resource["Type"]) for resource in template["Resources"].values())


def _gives_access(kind: str) -> bool:
    return kind.startswith(_GIVES_ACCESS) or kind.endswith("::MODULE")

"""Stand-ins for unknown names; what isn't modelled."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from itertools import count
from typing import Any

from temp_access.cfn.assembly import Assembly
from temp_access.cfn.intrinsics import TemplateContext
from temp_access.cfn.resources import Resource, resources
from temp_access.config.model import Config
from temp_access.deployment.target import template_target
from temp_access.errors import UserError
from temp_access.iam.symbolic.patterns import NAME

_BUCKET = "AWS::S3::Bucket"
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
_BUCKET_STAND_IN = "the-bucket-of-the-folders"


def possible_accounts(*assemblies: Assembly, policy: Mapping[str, Any] | None = None) -> list[str]:
    """Return the account that the assemblies are for; else one that nothing names, and each that is named.

    Templates for any account can be deployed in one that they (or `policy`) name as another's. Raises UserError
    when the assemblies are for different accounts.
    """
    accounts = {assembly.account for assembly in assemblies if assembly.account}
    if len(accounts) > 1:
        raise UserError(f"the templates are for the accounts {' and '.join(sorted(accounts))}; synthesize them for one")
    if accounts:
        return [*accounts]
    named = sorted(set(_ACCOUNT.findall(json.dumps([[assembly.templates for assembly in assemblies], policy]))))
    return [next(number for number in map(_digits, count(1)) if number not in named), *named]


def fill_placeholders(*assemblies: Assembly, account: str, bucket: str | None = None) -> tuple[Assembly, ...]:
    """Return the assemblies for `account`, with one name for the bucket where the templates don't name it.

    `bucket` is the name to give it in any case.
    """
    regions = {assembly.region for assembly in assemblies if assembly.region}
    region = next(iter(regions), None)
    return tuple(
        replace(
            assembly,
            account=account,
            region=assembly.region or region,
            templates={name: _named(template, bucket) for name, template in assembly.templates.items()},
        )
        for assembly in assemblies
    )


def _digits(number: int) -> str:
    return f"{number:012d}"


def _named(template: Mapping[str, Any], bucket: str | None) -> dict[str, Any]:
    changed = deepcopy(dict(template))
    for resource in changed["Resources"].values():
        if resource["Type"] == _BUCKET:
            properties = resource.setdefault("Properties", {})
            properties["BucketName"] = bucket or properties.get("BucketName", _BUCKET_STAND_IN)
    return changed


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
    target, state = template_target(config, assembly)
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

"""Templates prepared for the proofs: stand-ins for unknown names, and the resources that aren't modeled."""

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
from temp_access.iam.symbolic.patterns import FOLDER_MARK

_BUCKET = "AWS::S3::Bucket"
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
_BUCKET_STAND_IN = "the-bucket-of-the-folders"


def possible_accounts(*assemblies: Assembly, policy: Mapping[str, Any] | None = None) -> list[str]:
    """Return the account of the assemblies; without one, an account that nothing names and each one that is named.

    Templates for any account can be deployed in an account that they (or `policy`) name. Raises UserError when
    the assemblies are for different accounts.
    """
    accounts = {assembly.account for assembly in assemblies if assembly.account}
    if len(accounts) > 1:
        raise UserError(f"the templates are for the accounts {' and '.join(sorted(accounts))}; synthesize them for one")
    if accounts:
        return [*accounts]
    named = sorted(set(_ACCOUNT.findall(json.dumps([[assembly.templates for assembly in assemblies], policy]))))
    return [next(number for number in map(_digits, count(1)) if number not in named), *named]


def fill_placeholders(*assemblies: Assembly, account: str, bucket: str | None = None) -> tuple[Assembly, ...]:
    """Return the assemblies for `account`, with a stand-in for the bucket's name where the templates have none.

    `bucket` replaces the bucket's name in any case.
    """
    regions = {assembly.region for assembly in assemblies if assembly.region}
    region = next(iter(regions), None)
    return tuple(
        replace(
            assembly,
            account=account,
            region=assembly.region or region,
            templates={name: _with_bucket_name(template, bucket) for name, template in assembly.templates.items()},
        )
        for assembly in assemblies
    )


def _digits(number: int) -> str:
    return f"{number:012d}"


def _with_bucket_name(template: Mapping[str, Any], bucket: str | None) -> dict[str, Any]:
    changed = deepcopy(dict(template))
    for resource in changed["Resources"].values():
        if resource["Type"] == _BUCKET:
            properties = resource.setdefault("Properties", {})
            properties["BucketName"] = bucket or properties.get("BucketName", _BUCKET_STAND_IN)
    return changed


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

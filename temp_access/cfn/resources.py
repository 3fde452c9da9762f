"""Resources, and the policy documents in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from temp_access.cfn.intrinsics import TemplateContext, resolve
from temp_access.cfn.unresolved import render, render_all
from temp_access.errors import UserError
from temp_access.iam.statements import LocatedDocument, PolicyType, as_list, as_mapping


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


# Where resources that aren't IAM's keep a policy that says who may reach them.
# Also of those that a policy of its own is attached to.
_NAMES = ("RoleName", "UserName", "GroupName", "Roles", "Users", "Groups")
_RESOURCE_POLICIES = {
    "AWS::ECR::Repository": "RepositoryPolicyText",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::KMS::ReplicaKey": "KeyPolicy",
    "AWS::S3::AccessPoint": "Policy",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SecretsManager::ResourcePolicy": "ResourcePolicy",
    "AWS::SNS::TopicInlinePolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueueInlinePolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
}


def policy_documents(resource: Mapping[str, object]) -> Iterator[LocatedDocument]:
    """Yield a resource's trust policy, its policy document and its inline policies."""
    type_, properties = str(resource.get("Type")), as_mapping(resource.get("Properties"))
    if type_ in _RESOURCE_POLICIES:
        yield from _document(PolicyType.RESOURCE, _RESOURCE_POLICIES[type_], properties)
    elif type_ == "AWS::SSO::PermissionSet":
        yield from _document(PolicyType.IDENTITY, "InlinePolicy", properties)
    elif type_.startswith("AWS::IAM::"):
        holders = tuple(render(named) for name in _NAMES for named in as_list(properties.get(name)))
        yield from _document(PolicyType.TRUST, "AssumeRolePolicyDocument", properties)
        yield from _document(PolicyType.IDENTITY, "PolicyDocument", properties, holders)
        for index, policy in enumerate(as_list(properties.get("Policies"))):
            yield from _document(
                PolicyType.IDENTITY, "PolicyDocument", as_mapping(policy), holders, f"Policies.{index}."
            )


def _document(
    kind: PolicyType, name: str, properties: Mapping[str, object], holders: tuple[str, ...] = (), before: str = ""
) -> Iterator[LocatedDocument]:
    body = as_mapping(render_all(properties.get(name)))
    if body:
        yield LocatedDocument(kind, f"Properties.{before}{name}", body, holders)

"""Resources of templates: those about users, roles and buckets, and the policy documents in any resource."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from temp_access.cfn.intrinsics import TemplateContext, resolve
from temp_access.cfn.unresolved import render, render_all
from temp_access.errors import UserError
from temp_access.iam.statements import LocatedDocument, PolicyType, as_list, as_mapping

_TYPES = frozenset(
    (
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::User",
        "AWS::IAM::UserPolicy",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
    )
)
# The property that holds the resource policy.
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
# The properties of an IAM resource that name the identities with its policies.
_HOLDERS = ("RoleName", "UserName", "GroupName", "Roles", "Users", "Groups")


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource with its references resolved; `kind` is its CloudFormation type, `name` what Ref returns."""

    stack: str
    logical_id: str
    kind: str
    name: str
    properties: Mapping[str, Any]


def resources(context: TemplateContext) -> tuple[Resource, ...]:
    """Return the users, roles, buckets and their policies, in the templates' order."""
    return tuple(
        Resource(
            stack=stack,
            logical_id=logical_id,
            kind=resource["Type"],
            name=resolve({"Ref": logical_id}, stack, context),
            properties=resolve(resource.get("Properties", {}), stack, context),
        )
        for stack, template in context.templates.items()
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] in _TYPES
    )


def single(candidates: tuple[Resource, ...], kind: str) -> Resource:
    """Return the only resource of a type; raises UserError when there is none, or several."""
    matching = [resource for resource in candidates if resource.kind == kind]
    if len(matching) != 1:
        hint = "move the others to a stack of their own" if matching else "run `make synth` again"
        raise UserError(f"the templates have {len(matching)} resources of type {kind}, and must have one; {hint}")
    return matching[0]


def policy_documents(resource: Mapping[str, object]) -> Iterator[LocatedDocument]:
    """Yield the resource policy, or the trust policy, the policy document and the inline policies of a resource."""
    type_, properties = str(resource.get("Type")), as_mapping(resource.get("Properties"))
    if type_ in _RESOURCE_POLICIES:
        yield from _document(PolicyType.RESOURCE, _RESOURCE_POLICIES[type_], properties)
    elif type_ == "AWS::SSO::PermissionSet":
        yield from _document(PolicyType.IDENTITY, "InlinePolicy", properties)
    elif type_.startswith("AWS::IAM::"):
        holders = tuple(render(holder) for name in _HOLDERS for holder in as_list(properties.get(name)))
        yield from _document(PolicyType.TRUST, "AssumeRolePolicyDocument", properties)
        yield from _document(PolicyType.IDENTITY, "PolicyDocument", properties, holders)
        for index, policy in enumerate(map(as_mapping, as_list(properties.get("Policies")))):
            yield from _document(PolicyType.IDENTITY, "PolicyDocument", policy, holders, f"Policies.{index}.")


def _document(
    kind: PolicyType, key: str, parent: Mapping[str, object], holders: tuple[str, ...] = (), parent_path: str = ""
) -> Iterator[LocatedDocument]:
    body = as_mapping(render_all(parent.get(key)))
    if body:
        yield LocatedDocument(kind, f"Properties.{parent_path}{key}", body, holders)

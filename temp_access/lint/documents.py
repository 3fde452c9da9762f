"""The policy documents that a CloudFormation resource holds."""

from collections.abc import Iterator, Mapping

from temp_access.lint.model import LocatedDocument, PolicyType, as_list, as_mapping
from temp_access.lint.texts import render, render_all

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

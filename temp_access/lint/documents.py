"""The policy documents that a CloudFormation resource holds."""

from collections.abc import Iterator, Mapping

from temp_access.lint.model import Document, Kind, as_list, as_mapping
from temp_access.lint.texts import resolved, text

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


def documents(resource: Mapping[str, object]) -> Iterator[Document]:
    """Yield a resource's trust policy, its policy document and its inline policies."""
    type_, properties = str(resource.get("Type")), as_mapping(resource.get("Properties"))
    if type_ in _RESOURCE_POLICIES:
        yield from _document(Kind.RESOURCE, _RESOURCE_POLICIES[type_], properties)
    elif type_ == "AWS::SSO::PermissionSet":
        yield from _document(Kind.IDENTITY, "InlinePolicy", properties)
    elif type_.startswith("AWS::IAM::"):
        holders = tuple(text(named) for name in _NAMES for named in as_list(properties.get(name)))
        yield from _document(Kind.TRUST, "AssumeRolePolicyDocument", properties)
        yield from _document(Kind.IDENTITY, "PolicyDocument", properties, holders)
        for index, policy in enumerate(as_list(properties.get("Policies"))):
            yield from _document(Kind.IDENTITY, "PolicyDocument", as_mapping(policy), holders, f"Policies.{index}.")


def _document(
    kind: Kind, name: str, properties: Mapping[str, object], holders: tuple[str, ...] = (), before: str = ""
) -> Iterator[Document]:
    body = as_mapping(resolved(properties.get(name)))
    if body:
        yield Document(kind, f"Properties.{before}{name}", body, holders)

"""The policy documents that a CloudFormation resource holds."""

from collections.abc import Iterator, Mapping

from temp_access.lint.model import Document, Kind, as_list, as_mapping
from temp_access.lint.texts import resolved

# Where resources that aren't IAM's keep a policy that says who may reach them.
_RESOURCE_POLICIES = {
    "AWS::ECR::Repository": "RepositoryPolicyText",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::S3::AccessPoint": "Policy",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SecretsManager::ResourcePolicy": "ResourcePolicy",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
}


def documents(resource: Mapping[str, object]) -> Iterator[Document]:
    """Yield a resource's trust policy, its policy document and its inline policies."""
    type_, properties = str(resource.get("Type")), as_mapping(resource.get("Properties"))
    if type_ in _RESOURCE_POLICIES:
        yield from _document(Kind.RESOURCE, _RESOURCE_POLICIES[type_], properties)
    elif type_.startswith("AWS::IAM::"):
        yield from _document(Kind.TRUST, "AssumeRolePolicyDocument", properties)
        yield from _document(Kind.IDENTITY, "PolicyDocument", properties)
        for index, policy in enumerate(as_list(properties.get("Policies"))):
            yield from _document(Kind.IDENTITY, "PolicyDocument", as_mapping(policy), f"Policies.{index}.")


def _document(kind: Kind, name: str, properties: Mapping[str, object], before: str = "") -> Iterator[Document]:
    body = as_mapping(resolved(properties.get(name)))
    if body:
        yield Document(kind, f"Properties.{before}{name}", body)

"""The state of users, roles, providers and the bucket that the templates define."""

from collections.abc import Callable, Mapping
from typing import Any

from temp_access.cfn.assembly import Assembly
from temp_access.cfn.intrinsics import TemplateContext
from temp_access.cfn.opaque import OpaqueValue
from temp_access.cfn.resources import Resource, resources, single
from temp_access.config.model import Config
from temp_access.deployment.stacks import FURTHER_STACKS
from temp_access.deployment.state import (
    PUBLIC_ACCESS_FLAGS,
    BucketState,
    Permissions,
    ProviderState,
    RoleState,
    State,
    UserState,
)
from temp_access.errors import UserError
from temp_access.iam.arn import iam_arn
from temp_access.iam.policy_json import Document
from temp_access.iam.sts_limits import DEFAULT_ROLE_MAXIMUM
from temp_access.policies.role_policy import PROJECT_TAG, TAG_PREFIX

# Without these, it isn't known whose a bucket policy is.
_BUCKET_OF_POLICY = {"Bucket", "Properties"}
# Buckets created since April 2023 block public access and have ACLs disabled, also those of CloudFormation:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
_DEFAULT_OWNERSHIP = "BucketOwnerEnforced"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
_DEFAULT_ENCRYPTION = {"SSEAlgorithm": "AES256"}


def expected_bucket(template_resources: tuple[Resource, ...]) -> BucketState:
    """Return the configuration of the templates' one bucket."""
    bucket = single(template_resources, "AWS::S3::Bucket")
    return BucketState(
        name=bucket.name,
        policy=_bucket_policy(bucket.name, template_resources),
        public_access_block=_public_access_block(bucket.properties),
        ownership=_ownership(bucket.properties),
        encryption=_encryption(bucket.properties),
        versioning=bucket.properties.get("VersioningConfiguration", {}).get("Status"),
    )


def _bucket_policy(bucket: str, template_resources: tuple[Resource, ...]) -> Document | None:
    policies = [resource for resource in template_resources if resource.kind == "AWS::S3::BucketPolicy"]
    for policy in policies:
        if policy.properties.get("Bucket") == bucket:
            document: Document = policy.properties["PolicyDocument"]
            return document
    return next((_of_unknown_holder(each) for each in policies if _BUCKET_OF_POLICY & each.unread.keys()), None)


def _of_unknown_holder(policy: Resource) -> OpaqueValue:
    return OpaqueValue(policy.unread, f"the {' and '.join(policy.unread)} of {policy.logical_id}")


def _public_access_block(properties: Mapping[str, Any]) -> dict[str, bool]:
    configuration = properties.get("PublicAccessBlockConfiguration")
    if configuration is None:
        return dict.fromkeys(PUBLIC_ACCESS_FLAGS, True)
    # A flag that the configuration leaves out is off:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html
    return {flag: _is_true(configuration.get(flag, False)) for flag in PUBLIC_ACCESS_FLAGS}


def _is_true(value: bool | str) -> bool:
    return str(value).lower() == "true"


def _ownership(properties: Mapping[str, Any]) -> str:
    rules = properties.get("OwnershipControls", {}).get("Rules", ())
    return next((str(rule["ObjectOwnership"]) for rule in rules), _DEFAULT_OWNERSHIP)


def _encryption(properties: Mapping[str, Any]) -> dict[str, Any]:
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", ())
    for rule in rules:
        if "ServerSideEncryptionByDefault" in rule:
            return dict(rule["ServerSideEncryptionByDefault"])
    return dict(_DEFAULT_ENCRYPTION)


# The property with the one owner of a separate inline policy:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-rolepolicy.html
_OWNER_NAMES = {"AWS::IAM::Role": "RoleName", "AWS::IAM::User": "UserName"}


def expected_permissions(owner: Resource, template_resources: tuple[Resource, ...], owners: str) -> Permissions:
    """Return the policies of a user or role; policies of their own name it in `owners` (Users or Roles), or alone."""
    inline: dict[str, Document] = {
        policy["PolicyName"]: policy["PolicyDocument"] for policy in owner.properties.get("Policies", ())
    }
    attached: dict[str, Document | None] = dict.fromkeys(owner.properties.get("ManagedPolicyArns", ()))
    for policy in template_resources:
        own_kind = policy.kind in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", f"{owner.kind}Policy")
        if own_kind and {owners, _OWNER_NAMES[owner.kind], "Properties"} & policy.unread.keys():
            inline[inline_name(policy)] = _of_unknown_holder(policy)
        if policy.kind == "AWS::IAM::ManagedPolicy" and (
            policy.name in attached or owner.name in policy.properties.get(owners, ())
        ):
            attached[policy.name] = policy.properties["PolicyDocument"]
        if policy.kind == "AWS::IAM::Policy" and owner.name in policy.properties.get(owners, ()):
            inline[inline_name(policy)] = policy.properties["PolicyDocument"]
        if policy.kind == f"{owner.kind}Policy" and policy.properties.get(_OWNER_NAMES[owner.kind]) == owner.name:
            inline[inline_name(policy)] = _object(policy.properties["PolicyDocument"])
    return Permissions(inline, attached, owner.properties.get("PermissionsBoundary"))


def inline_name(policy: Resource) -> str:
    """Return the name of an inline policy with a resource of its own, a stand-in if it isn't known."""
    return str(policy.properties.get("PolicyName", f"policy {policy.logical_id}"))


def expected_state(
    assembly: Assembly,
    physical: Mapping[tuple[str, str], str] | None = None,
    *,
    account: str,
    region: str,
    partition: str,
    keeps_unknown: bool = False,
) -> State:
    """Return the state that the templates define, with AWS's defaults for properties that they leave out.

    `physical` holds deployed names by (stack, logical id); without it names come from the templates alone. With
    `keeps_unknown`, what can't be resolved in a policy is unknown, and other properties are left out.
    Raises UserError when the assembly is for another account or Region, or can't be resolved.
    """
    _require_environment(assembly, account, region)
    context = TemplateContext(assembly.templates, account, region, partition, physical or {}, keeps_unknown)
    try:
        template_resources = resources(context)
        return _state(template_resources, lambda resource: iam_arn(partition, account, resource))
    except (TypeError, LookupError, AttributeError, ValueError) as error:
        raise UserError(
            f"{assembly.folder}: a property has a form that CloudFormation doesn't accept ({error}); "
            "run `make synth` again"
        ) from error


def _state(template_resources: tuple[Resource, ...], arn: Callable[[str], str]) -> State:
    own = tuple(each for each in template_resources if each.stack not in FURTHER_STACKS)
    further = [each for each in template_resources if each.stack in FURTHER_STACKS]
    roles = [_role(each, template_resources) for each in further if each.kind == "AWS::IAM::Role"]
    users = [_user(each, template_resources) for each in further if each.kind == "AWS::IAM::User"]
    providers = [_provider(each, arn) for each in further if each.kind == "AWS::IAM::OIDCProvider"]
    return State(
        user=_user(single(own, "AWS::IAM::User"), template_resources),
        role=_role(single(own, "AWS::IAM::Role"), template_resources),
        bucket=expected_bucket(own),
        grant_roles={role.name: role for role in roles},
        users={user.name: user for user in users},
        providers={provider.host: provider for provider in providers},
    )


def existing_providers(config: Config, arn: Callable[[str], str]) -> dict[str, ProviderState]:
    """Return the identity providers that access.toml expects in the account, by host; `arn` makes an ARN."""
    return {
        each.host: ProviderState(each.host, (each.audience,), arn(f"oidc-provider/{each.host}"))
        for each in config.identity_providers.values()
        if not each.create
    }


def _provider(provider: Resource, arn: Callable[[str], str]) -> ProviderState:
    audiences = map(str, provider.properties.get("ClientIdList", ()))
    host = str(provider.properties.get("Url", "")).removeprefix("https://")
    return ProviderState(host, tuple(sorted(audiences)), arn(f"oidc-provider/{host}"))


def _require_environment(assembly: Assembly, account: str, region: str) -> None:
    environment = (assembly.account or account, assembly.region or region)
    if environment != (account, region):
        raise UserError(
            f"{assembly.folder}: was synthesized for account {environment[0]} in {environment[1]}, but this is account "
            f"{account} in {region}; run `cdk synth -c env=NAME` for this account and Region"
        )


def _user(user: Resource, template_resources: tuple[Resource, ...]) -> UserState:
    groups = tuple(sorted(user.properties.get("Groups", ())))
    permissions = expected_permissions(user, template_resources, "Users")
    return UserState(user.name, permissions, groups, _file_tags(_tags(user)))


def _role(role: Resource, template_resources: tuple[Resource, ...]) -> RoleState:
    tags = _tags(role)
    return RoleState(
        name=role.name,
        permissions=expected_permissions(role, template_resources, "Roles"),
        trust=_object(role.properties["AssumeRolePolicyDocument"]),
        max_session_duration=int(role.properties.get("MaxSessionDuration", DEFAULT_ROLE_MAXIMUM)),
        tags={key: value for key, value in tags.items() if key.startswith(TAG_PREFIX)},
        path=str(role.properties.get("Path", "/")),
        file_tags=_file_tags(tags),
    )


def _tags(resource: Resource) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in resource.properties.get("Tags", ())}


def _file_tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key != PROJECT_TAG and not key.startswith(TAG_PREFIX)}


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"a policy document is {type(value).__name__}")
    return value

"""State that the templates ask for."""

from collections.abc import Mapping
from typing import Any

from temp_access.cfn.assembly import Assembly
from temp_access.cfn.intrinsics import TemplateContext
from temp_access.cfn.resources import Resource, resources, single
from temp_access.deployment.state import PUBLIC_ACCESS_FLAGS, BucketState, Permissions, RoleState, State, UserState
from temp_access.errors import UserError
from temp_access.iam.document import Document
from temp_access.policies.role_policy import TAG_PREFIX

# A bucket made since April 2023 blocks public access and has no ACLs, CloudFormation's included:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
_DEFAULT_OWNERSHIP = "BucketOwnerEnforced"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
_DEFAULT_ENCRYPTION = {"SSEAlgorithm": "AES256"}


def expected_bucket(found: tuple[Resource, ...]) -> BucketState:
    """Return the configuration of the one bucket."""
    bucket = single(found, "AWS::S3::Bucket")
    return BucketState(
        name=bucket.name,
        policy=_policy(bucket.name, found),
        public_access_block=_public_access_block(bucket.properties),
        ownership=_ownership(bucket.properties),
        encryption=_encryption(bucket.properties),
        versioning=bucket.properties.get("VersioningConfiguration", {}).get("Status"),
    )


def _policy(bucket: str, found: tuple[Resource, ...]) -> Document | None:
    policies = [r.properties for r in found if r.kind == "AWS::S3::BucketPolicy"]
    return next((p["PolicyDocument"] for p in policies if p["Bucket"] == bucket), None)


def _public_access_block(properties: Mapping[str, Any]) -> dict[str, bool]:
    given = properties.get("PublicAccessBlockConfiguration")
    if given is None:
        return dict.fromkeys(PUBLIC_ACCESS_FLAGS, True)
    # A flag that is left out of a configuration is off:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html
    return {flag: _is_true(given.get(flag, False)) for flag in PUBLIC_ACCESS_FLAGS}


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


def expected_permissions(owner: Resource, found: tuple[Resource, ...], holders: str) -> Permissions:
    """Return the policies of `owner`; other resources name it in the property `holders` (Users or Roles)."""
    inline: dict[str, Document] = {
        policy["PolicyName"]: policy["PolicyDocument"] for policy in owner.properties.get("Policies", ())
    }
    attached: dict[str, Document | None] = dict.fromkeys(owner.properties.get("ManagedPolicyArns", ()))
    for policy in found:
        if policy.kind == "AWS::IAM::ManagedPolicy" and (
            policy.name in attached or owner.name in policy.properties.get(holders, ())
        ):
            attached[policy.name] = policy.properties["PolicyDocument"]
        if policy.kind == "AWS::IAM::Policy" and owner.name in policy.properties.get(holders, ()):
            inline[policy.properties["PolicyName"]] = policy.properties["PolicyDocument"]
    return Permissions(inline, attached, owner.properties.get("PermissionsBoundary"))


# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_DEFAULT_MAX_SESSION_DURATION = 3600


def expected_state(
    assembly: Assembly,
    physical: Mapping[tuple[str, str], str] | None = None,
    *,
    account: str,
    region: str,
    partition: str,
) -> State:
    """Return what the templates ask for; where they don't say, what AWS makes then.

    `physical` gives deployed names by (stack, logical id); without it names come from the templates alone.
    Raises UserError when the assembly is for another account or Region, or can't be followed.
    """
    _require_place(assembly, account, region)
    scope = TemplateContext(assembly.templates, account, region, partition, physical or {})
    try:
        found = resources(scope)
        return State(_user(found), _role(found), expected_bucket(found))
    except (TypeError, LookupError, AttributeError, ValueError) as error:
        raise UserError(
            f"{assembly.folder}: has a property in a form that CloudFormation doesn't take ({error}); "
            "run `make synth` again"
        ) from error


def _require_place(assembly: Assembly, account: str, region: str) -> None:
    made_for = (assembly.account or account, assembly.region or region)
    if made_for != (account, region):
        raise UserError(
            f"{assembly.folder}: was made for account {made_for[0]} in {made_for[1]}, and this is account "
            f"{account} in {region}; run `cdk synth -c env=NAME` for this one"
        )


def _user(found: tuple[Resource, ...]) -> UserState:
    user = single(found, "AWS::IAM::User")
    groups = tuple(sorted(user.properties.get("Groups", ())))
    return UserState(user.name, expected_permissions(user, found, "Users"), groups)


def _role(found: tuple[Resource, ...]) -> RoleState:
    role = single(found, "AWS::IAM::Role")
    tags = {tag["Key"]: tag["Value"] for tag in role.properties.get("Tags", ())}
    return RoleState(
        name=role.name,
        permissions=expected_permissions(role, found, "Roles"),
        trust=_object(role.properties["AssumeRolePolicyDocument"]),
        max_session_duration=int(role.properties.get("MaxSessionDuration", _DEFAULT_MAX_SESSION_DURATION)),
        tags={key: value for key, value in tags.items() if key.startswith(TAG_PREFIX)},
    )


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"a policy document is {type(value).__name__}")
    return value

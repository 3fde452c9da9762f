"""What IAM requires of roles, of the principals that policies name, and of access keys."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from temp_access.iam.sts_limits import MAX_ROLE_MAXIMUM, MIN_ROLE_MAXIMUM
from temp_access.local_aws.rules.call import AwsError, Call, parse_json
from temp_access.local_aws.rules.sts_parameters import check_range

# A call of these without UserName is about the caller.
_OWN_USER_ACTIONS = ("GetUser", "CreateAccessKey", "ListAccessKeys", "DeleteAccessKey", "UpdateAccessKey")


def role_maximum_range(call: Call) -> None:
    """MaxSessionDuration of a role is 3600 to 43200 seconds.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
    """
    check_range(call, "MaxSessionDuration", MIN_ROLE_MAXIMUM, MAX_ROLE_MAXIMUM)


def documents_are_json(call: Call) -> None:
    """A policy document is JSON.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
    """
    for name in ("PolicyDocument", "AssumeRolePolicyDocument"):
        document = call.get(name)
        if document is not None:
            try:
                parse_json(document)
            except ValueError:
                raise AwsError("MalformedPolicyDocument", "This policy contains invalid Json") from None


def trust_principals_exist(call: Call, exists: Callable[[str], bool]) -> None:
    """The principals of a trust policy exist; `exists` takes an ARN or an account id.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    policy = call.get("AssumeRolePolicyDocument") or (
        call.get("PolicyDocument") if call.action == "UpdateAssumeRolePolicy" else None
    )
    trust_policy(policy or "", exists)


def trust_policy(policy: str, exists: Callable[[str], bool]) -> None:
    """Apply the rules for trust policies; `exists` takes an ARN or an account id."""
    trust_policy_size(policy)
    trust_policy_providers(policy)
    trust_policy_principals_exist(policy, exists)


def trust_policy_principals_exist(policy: str, exists: Callable[[str], bool]) -> None:
    """The principals of a trust policy exist; `exists` takes an ARN or an account id.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    for principal in aws_principals(policy):
        if principal != "*" and not exists(principal):
            raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{principal}"')


def trust_policy_providers(policy: str) -> None:
    """A federated principal is the ARN of an identity provider, or the domain of one that AWS knows; not `*`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    for provider in principals(policy, "Federated"):
        if not re.fullmatch(
            r"arn:aws[\w-]*:iam::\d{12}:(saml|oidc)-provider/[^*?]+|[a-z0-9-]+(\.[a-z0-9-]+)+", provider
        ):
            message = "Federated principals must be valid domain names or SAML metadata ARNs"
            raise AwsError("MalformedPolicyDocument", message)


def bucket_policy_is_json(policy: str) -> None:
    """A bucket policy is JSON.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
    """
    try:
        parse_json(policy)
    except ValueError:
        raise AwsError("MalformedPolicy", "This policy contains invalid Json") from None


def bucket_policy_principals_exist(policy: str, exists: Callable[[str], bool]) -> None:
    """The principals of a bucket policy exist; `exists` takes an ARN or an account id.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-user-policy-specifying-principal-intro.html
    """
    for principal in aws_principals(policy):
        if principal != "*" and not exists(principal):
            raise AwsError("MalformedPolicy", "Invalid principal in policy")


def aws_principals(policy: str) -> Iterator[str]:
    """Yield the values of `Principal.AWS` in the policy's statements; none when it isn't a policy."""
    return principals(policy, "AWS")


def principals(policy: str, kind: str) -> Iterator[str]:
    """Yield the principals of this kind in the policy's statements; none when it isn't a policy."""
    try:
        document = parse_json(policy)
    except ValueError:
        return
    for statement in _statements(document) if isinstance(document, dict) else ():
        principal = statement.get("Principal") if isinstance(statement, dict) else None
        values: Any = principal.get(kind) if isinstance(principal, dict) else None
        yield from [values] if isinstance(values, str) else values if isinstance(values, list) else ()


def replace_deleted_principal(policy: str, arn: str, unique_id: str) -> str:
    """A deleted principal's unique id replaces its ARN, so that the policy doesn't trust a new one of the same name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    if arn not in aws_principals(policy):
        return policy
    document = json.loads(policy)
    for statement in _statements(document):
        principal = statement.get("Principal")
        if isinstance(principal, dict) and "AWS" in principal:
            values = principal["AWS"] if isinstance(principal["AWS"], list) else [principal["AWS"]]
            replaced = [unique_id if value == arn else value for value in values]
            principal["AWS"] = replaced if len(replaced) > 1 else replaced[0]
    return json.dumps(document)


def _statements(document: dict[str, Any]) -> list[Any]:
    statements = document.get("Statement")
    return statements if isinstance(statements, list) else [statements]


def implied_user(call: Call) -> str | None:
    """A call about a user without UserName is about the calling user; a role session must send UserName.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
    """
    if call.action not in _OWN_USER_ACTIONS or call.get("UserName"):
        return None
    if call.caller.credential_type != "user":
        raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials")
    return implied_own_user(call)


def implied_own_user(call: Call) -> str | None:
    """Return the calling user's name if the call is about that user without naming it, else None."""
    if call.action not in _OWN_USER_ACTIONS or call.get("UserName") or call.caller.credential_type != "user":
        return None
    return call.caller.arn.rpartition("/")[2]


def name_is_free(call: Call, names: Mapping[str, Collection[str]]) -> None:
    """Names of roles and users are unique whatever the case of their letters; `names` has those by parameter.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
    """
    for action, parameter, kind in (("CreateRole", "RoleName", "Role"), ("CreateUser", "UserName", "User")):
        name = call.get(parameter)
        if call.action == action and name and name.lower() in (taken.lower() for taken in names[parameter]):
            raise AwsError("EntityAlreadyExists", f"{kind} with name {name} already exists.", 409)


def trust_policy_size(policy: str) -> None:
    """A role's trust policy has at most 2048 characters, without white space.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    if len(re.sub(r"\s", "", policy)) > 2048:
        raise AwsError("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048", 409)


def access_key_owner(call: Call, user: str, key_owners: Mapping[str, str]) -> None:
    """An access key is deleted or updated only under the name of its own user.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html
    """
    key = call.get("AccessKeyId") or ""
    if call.action in ("DeleteAccessKey", "UpdateAccessKey") and key_owners.get(key) != user:
        raise AwsError("NoSuchEntity", f"The Access Key with id {key} cannot be found.", 404)


def access_key_quota(call: Call, user: str, key_owners: Mapping[str, str]) -> None:
    """A user has at most two access keys.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    if call.action == "CreateAccessKey" and list(key_owners.values()).count(user) >= 2:
        raise AwsError("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", 409)

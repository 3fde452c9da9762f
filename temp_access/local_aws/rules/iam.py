"""Roles, principals, access keys."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from temp_access.local_aws.rules.call import AwsError, Call, constraint
from temp_access.local_aws.rules.sts_parameters import whole_number


def maximum_in_range(call: Call) -> None:
    """A role's MaxSessionDuration is 3600 to 43200 seconds.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
    """
    seconds = whole_number(call, "MaxSessionDuration")
    if seconds is not None and seconds < 3600:
        raise constraint(seconds, "maxSessionDuration", "Member must have value greater than or equal to 3600")
    if seconds is not None and seconds > 43200:
        raise constraint(seconds, "maxSessionDuration", "Member must have value less than or equal to 43200")


def principals_exist(call: Call, exists: Callable[[str], bool]) -> None:
    """A trust policy names principals that exist; `exists` answers for one ARN or account id.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    text = call.get("AssumeRolePolicyDocument") or (
        call.get("PolicyDocument") if call.action == "UpdateAssumeRolePolicy" else None
    )
    if text is None:
        return
    for principal in named_principals(text):
        if principal != "*" and not exists(principal):
            raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{principal}"')


def named_principals(policy: str) -> Iterator[str]:
    """Yield what the policy's statements name under `Principal.AWS`; nothing when it isn't a policy."""
    try:
        document = json.loads(policy)
    except ValueError:
        return
    statements = document.get("Statement") if isinstance(document, dict) else None
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal") if isinstance(statement, dict) else None
        named: Any = principal.get("AWS") if isinstance(principal, dict) else None
        yield from [named] if isinstance(named, str) else named if isinstance(named, list) else ()


def orphaned(policy: str, arn: str, unique_id: str) -> str:
    """A principal that is deleted leaves its unique id in the policies that named it: the next one isn't trusted.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    if arn not in named_principals(policy):
        return policy
    document = json.loads(policy)
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal")
        if isinstance(principal, dict) and "AWS" in principal:
            named = principal["AWS"] if isinstance(principal["AWS"], list) else [principal["AWS"]]
            replaced = [unique_id if one == arn else one for one in named]
            principal["AWS"] = replaced if len(replaced) > 1 else replaced[0]
    return json.dumps(document)


def policy_principals_exist(policy: str, exists: Callable[[str], bool]) -> None:
    """A bucket policy names principals that exist.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-user-policy-specifying-principal-intro.html
    """
    for principal in named_principals(policy):
        if principal != "*" and not exists(principal):
            raise AwsError("MalformedPolicy", "Invalid principal in policy")


_OWN_BY_DEFAULT = ("GetUser", "CreateAccessKey", "ListAccessKeys", "DeleteAccessKey", "UpdateAccessKey")


def implied_user(call: Call) -> str | None:
    """A call about a user without UserName means the calling user; a role session has to give one.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
    """
    if call.action not in _OWN_BY_DEFAULT or call.get("UserName"):
        return None
    if call.caller.kind != "user":
        raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials")
    return call.caller.arn.rpartition("/")[2]


def key_of_the_user(call: Call, user: str, owners: Mapping[str, str]) -> None:
    """A key is deleted or changed under its own user's name only.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html
    """
    key = call.get("AccessKeyId") or ""
    if call.action in ("DeleteAccessKey", "UpdateAccessKey") and owners.get(key) != user:
        raise AwsError("NoSuchEntity", f"The Access Key with id {key} cannot be found.", 404)


def two_keys_at_most(call: Call, user: str, owners: Mapping[str, str]) -> None:
    """A user has two access keys at most.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    if call.action == "CreateAccessKey" and list(owners.values()).count(user) >= 2:
        raise AwsError("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", 409)

"""What IAM refuses when a role is made or changed."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from local_aws.strict.call import Call
from local_aws.strict.parameters import whole_number
from local_aws.strict.refusal import AwsError, constraint


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

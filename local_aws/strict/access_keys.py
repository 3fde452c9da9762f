"""Whose access key a call of IAM means, and how many a user may have."""

from collections.abc import Mapping

from local_aws.strict.call import Call
from local_aws.strict.refusal import AwsError

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

"""The documents of managed policies, read from IAM with the deployer's credentials."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from temp_access.errors import TempAccessError

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


def managed_document(iam: "IAMClient", arn: str) -> Mapping[str, Any]:
    """Return the policy's default version; raises TempAccessError (inconclusive) if it can't be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document: Any = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    except (ClientError, BotoCoreError) as error:
        raise TempAccessError(f"the managed policy {arn} can't be read: {error}", exit_code=3) from None
    found: Mapping[str, Any] = document
    return found

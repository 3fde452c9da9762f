"""The state that is deployed, read with the deployer's credentials."""

from typing import TYPE_CHECKING

from temp_access.errors import UserError
from temp_access.verify.model import Target
from temp_access.verify.state.deployed_bucket import read_bucket
from temp_access.verify.state.deployed_role import read_role
from temp_access.verify.state.deployed_user import read_user
from temp_access.verify.state.model import STACKS, Deployed

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_iam import IAMClient
    from types_boto3_s3 import S3Client


def read_deployed(iam: "IAMClient", s3: "S3Client", target: Target) -> Deployed:
    """Return the state of the target's user, role and bucket; what doesn't exist is None.

    Raises botocore's errors when something can't be read (throttled, not allowed, network).
    """
    return Deployed(
        user=read_user(iam, target.user_name),
        role=read_role(iam, target.role_name),
        bucket=read_bucket(s3, target.bucket, target.account),
    )


def read_physical(cloudformation: "CloudFormationClient") -> dict[tuple[str, str], str]:
    """Return the stacks' physical ids by (stack, logical id).

    Raises UserError when a stack isn't deployed, and botocore's errors when it can't be read.
    """
    return {
        (stack, logical_id): name for stack in STACKS for logical_id, name in _resources(cloudformation, stack).items()
    }


def _resources(cloudformation: "CloudFormationClient", stack: str) -> dict[str, str]:
    from botocore.exceptions import ClientError

    try:
        # Not paginated: it gives up to 100 resources, and adding grants adds none.
        found = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        raise UserError(f"the stack {stack} isn't deployed here; run `make deploy` (or `cdk deploy`)") from error
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in found
        if resource.get("PhysicalResourceId") and resource["ResourceStatus"] != "DELETE_COMPLETE"
    }

"""Deleting stacks that the app doesn't define any more, which the CDK CLI doesn't know."""

import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from temp_access.aws.answers import is_missing
from temp_access.aws.clients import endpoint_override, service_client
from temp_access.errors import TempAccessError

if TYPE_CHECKING:
    import boto3
    from types_boto3_cloudformation import CloudFormationClient


def delete_stacks(
    session: "boto3.Session",
    stacks: Collection[str],
    say: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Delete the stacks, all at once, and wait until they are gone.

    Raises TempAccessError if CloudFormation can't delete one, after the others are gone, or if it doesn't answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    cloudformation = service_client(session, "cloudformation")
    pause = 0.2 if endpoint_override() else 5.0
    try:
        for stack in stacks:
            cloudformation.delete_stack(StackName=stack)
        remaining, failed = set(stacks), {}
        while remaining:
            for stack in sorted(remaining):
                status, reason = _status(cloudformation, stack)
                if status == "DELETE_COMPLETE":
                    say(f"deleted the stack {stack}")
                elif status == "DELETE_FAILED":
                    failed[stack] = reason
                else:
                    continue
                remaining.discard(stack)
            if remaining:
                sleep(pause)
    except (ClientError, BotoCoreError) as error:
        raise TempAccessError(
            f"the stacks {', '.join(stacks)} can't be deleted: {error}; run the command again", exit_code=3
        ) from error
    if failed:
        reasons = "; ".join(f"{stack}: {reason}" for stack, reason in failed.items())
        raise TempAccessError(f"CloudFormation couldn't delete a stack: {reasons}; run the command again", exit_code=1)


def _status(cloudformation: "CloudFormationClient", stack: str) -> tuple[str, str]:
    from botocore.exceptions import ClientError

    try:
        [description] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if is_missing(error, "ValidationError"):
            return "DELETE_COMPLETE", ""
        raise
    return description["StackStatus"], description.get("StackStatusReason", "no reason is given")

"""What would stop CloudFormation from deleting the stacks, read before anything is deleted.

CloudFormation deletes only what it created, and IAM deletes no user or role to which somebody added something:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
"""

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from temp_access.aws.answers import is_missing
from temp_access.aws.clients import service_client
from temp_access.deployment.policy_drift import aws_cli
from temp_access.deployment.stacks import ACCESS, STACKS
from temp_access.errors import TempAccessError

if TYPE_CHECKING:
    import boto3
    from types_boto3_iam import IAMClient


T = TypeVar("T")


def read_before_deletion(what: str, call: Callable[[], T]) -> T | None:
    """Return the answer, None if the service says that it isn't there; raises TempAccessError if it says neither."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        if is_missing(error):
            return None
        raise TempAccessError(
            f"nothing was deleted, because {what} can't be read: {error}; run destroy again", exit_code=3
        ) from error


def obstacles(session: "boto3.Session", is_own_policy: Callable[[str], bool]) -> list[str]:
    """Return what would stop the deletion, with the command that removes it; access keys aren't among it.

    `is_own_policy` tells the inline policies of the role, by name, that destroy deletes itself. Raises TempAccessError
    (inconclusive) if something can't be read.
    """
    found = [obstacle for stack in STACKS for obstacle in _of_stack(session, stack)]
    cloudformation, iam = service_client(session, "cloudformation"), service_client(session, "iam")
    template = read_before_deletion("its template", lambda: cloudformation.get_template(StackName=ACCESS))
    answer = read_before_deletion("its resources", lambda: cloudformation.describe_stack_resources(StackName=ACCESS))
    if not template or not answer:
        return found
    resources = [(each["ResourceType"], each.get("PhysicalResourceId", "")) for each in answer["StackResources"]]
    # The names of the stack's own policies are in its template, or are ids of its resources.
    body: Any = template["TemplateBody"]
    known = body if isinstance(body, str) else json.dumps(body, default=str)
    known += json.dumps([id_ for _, id_ in resources])
    for type_, name in resources:
        if not name:
            continue
        if type_ == "AWS::IAM::User":
            found += [*_of_user(iam, name), *_policies(iam, "user", name, known, lambda _: False)]
        if type_ == "AWS::IAM::Role":
            found += _policies(iam, "role", name, known, is_own_policy)
    return found


def _of_stack(session: "boto3.Session", stack: str) -> Iterable[str]:
    cloudformation = service_client(session, "cloudformation")
    answer = read_before_deletion(f"the stack {stack}", lambda: cloudformation.describe_stacks(StackName=stack))
    for description in answer["Stacks"] if answer else ():
        status = description["StackStatus"]
        # A stack that has only a change set is deleted like any other.
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            yield f"the stack {stack} is {status}: wait until that is done"
        if description.get("EnableTerminationProtection"):
            command = aws_cli("cloudformation", "update-termination-protection", stack_name=stack)
            yield f"the stack {stack} has termination protection: {command} --no-enable-termination-protection"


def _of_user(iam: "IAMClient", name: str) -> Iterable[str]:
    devices = read_before_deletion(f"the MFA devices of {name}", lambda: iam.list_mfa_devices(UserName=name))
    for device in devices["MFADevices"] if devices else ():
        serial = device["SerialNumber"]
        command = aws_cli("iam", "deactivate-mfa-device", user_name=name, serial_number=serial)
        yield f"{name} has the MFA device {serial}: {command}"
    if read_before_deletion(f"the password of {name}", lambda: iam.get_login_profile(UserName=name)):
        yield f"{name} has a password: {aws_cli('iam', 'delete-login-profile', user_name=name)}"
    groups = read_before_deletion(f"the groups of {name}", lambda: iam.list_groups_for_user(UserName=name))
    for group in groups["Groups"] if groups else ():
        command = aws_cli("iam", "remove-user-from-group", user_name=name, group_name=group["GroupName"])
        yield f"{name} is in the group {group['GroupName']}: {command}"


def _policies(iam: Any, kind: str, name: str, known: str, is_own_policy: Callable[[str], bool]) -> Iterable[str]:
    """Yield the policies of a user or role (the `kind`) that somebody else than the stack added."""
    named = {f"{kind}_name": name}
    parameter = {f"{kind.title()}Name": name}
    inline = getattr(iam, f"list_{kind}_policies")
    answer = read_before_deletion(f"the inline policies of {name}", lambda: inline(**parameter))
    for policy in answer["PolicyNames"] if answer else ():
        if f'"{policy}"' not in known and not is_own_policy(policy):
            command = aws_cli("iam", f"delete-{kind}-policy", **named, policy_name=policy)
            yield f"{name} has the inline policy {policy}, which the stack didn't create: {command}"
    attached = getattr(iam, f"list_attached_{kind}_policies")
    answer = read_before_deletion(f"the attached policies of {name}", lambda: attached(**parameter))
    for policy in answer["AttachedPolicies"] if answer else ():
        own, arn = policy["PolicyName"], policy["PolicyArn"]
        # In a template the ARN may be joined from several parts; its end is in the last one.
        if not any(text in known for text in (f'"{arn}"', f'/{own}"', f'"{own}"')):
            command = aws_cli("iam", f"detach-{kind}-policy", **named, policy_arn=arn)
            yield f"{name} has the policy {arn}, which the stack didn't attach: {command}"

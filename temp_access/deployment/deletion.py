"""What would stop CloudFormation from deleting the stacks, read before anything is deleted.

CloudFormation deletes only what it created, and IAM deletes no user or role to which somebody added something:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from temp_access.aws.answers import is_missing
from temp_access.aws.clients import service_client
from temp_access.aws.parallel import in_parallel
from temp_access.deployment.policy_drift import aws_cli
from temp_access.deployment.stacks import ACCESS, FURTHER_STACKS, STACKS
from temp_access.errors import TempAccessError

if TYPE_CHECKING:
    import boto3
    from types_boto3_iam import IAMClient


T = TypeVar("T")
_KINDS: dict[str, Literal["user", "role"]] = {"AWS::IAM::User": "user", "AWS::IAM::Role": "role"}


@dataclass(frozen=True, slots=True)
class StackHolder:
    """A user or role that a stack has, and what else is named in the stack: its own policies."""

    stack: str
    kind: Literal["user", "role"]
    name: str
    known: str = ""


def read_before_deletion(what: str, call: Callable[[], T]) -> T | None:
    """Return the answer, None if the service says that it isn't there; raises TempAccessError if it says neither."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        if is_missing(error):
            return None
        raise TempAccessError(
            f"nothing was deleted, because {what} can't be read: {error}; run the command again", exit_code=3
        ) from error


def deployed_stacks(session: "boto3.Session", stacks: Iterable[str] = (*STACKS, *FURTHER_STACKS)) -> tuple[str, ...]:
    """Return those of the stacks that are there; raises TempAccessError (inconclusive) if one can't be read."""
    cloudformation = service_client(session, "cloudformation")

    def is_there(stack: str) -> bool:
        answer = read_before_deletion(f"the stack {stack}", lambda: cloudformation.describe_stacks(StackName=stack))
        return bool(answer and answer["Stacks"])

    return tuple(filter(is_there, stacks))


def stack_holders(session: "boto3.Session", stacks: Iterable[str]) -> tuple[StackHolder, ...]:
    """Return the users and roles of the stacks; raises TempAccessError (inconclusive) if they can't be read."""
    return tuple(holder for stack in stacks if stack in (ACCESS, *FURTHER_STACKS) for holder in _of(session, stack))


def _of(session: "boto3.Session", stack: str) -> Iterator[StackHolder]:
    cloudformation = service_client(session, "cloudformation")
    template = read_before_deletion("its template", lambda: cloudformation.get_template(StackName=stack))
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = read_before_deletion(
        "its resources", lambda: [each for page in pages for each in page["StackResourceSummaries"]]
    )
    if not template or not resources:
        return
    found = [(each["ResourceType"], each.get("PhysicalResourceId", "")) for each in resources]
    # The names of the stack's own policies are in its template, or are ids of its resources.
    body: Any = template["TemplateBody"]
    known = body if isinstance(body, str) else json.dumps(body, default=str)
    known += json.dumps([id_ for _, id_ in found])
    for type_, name in found:
        if name and type_ in _KINDS:
            yield StackHolder(stack, _KINDS[type_], name, known)


def obstacles(
    session: "boto3.Session",
    stacks: Iterable[str],
    holders: Collection[StackHolder],
    is_own_policy: Callable[[str], bool],
) -> list[str]:
    """Return what would stop the deletion, with the command that removes it; access keys aren't among it.

    `is_own_policy` tells the inline policies of roles, by name, that the caller deletes itself. Raises TempAccessError
    (inconclusive) if something can't be read.
    """
    found = [obstacle for stack in stacks for obstacle in _of_stack(session, stack)]
    iam: IAMClient = service_client(session, "iam")
    for lines in in_parallel(lambda holder: list(_of_holder(iam, holder, is_own_policy)), holders):
        found += lines
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


def _of_holder(iam: "IAMClient", holder: StackHolder, is_own_policy: Callable[[str], bool]) -> Iterator[str]:
    if holder.kind == "user":
        yield from _of_user(iam, holder.name)
        yield from _policies(iam, holder, lambda _: False)
        return
    yield from _policies(iam, holder, is_own_policy)
    if holder.stack != ACCESS:
        yield from _instance_profiles(iam, holder)


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


def _policies(iam: Any, holder: StackHolder, is_own_policy: Callable[[str], bool]) -> Iterable[str]:
    """Yield the policies of a user or role that somebody else than the stack added."""
    kind, name, known = holder.kind, holder.name, holder.known
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


def _instance_profiles(iam: "IAMClient", holder: StackHolder) -> Iterator[str]:
    name = holder.name
    answer = read_before_deletion(
        f"the instance profiles of {name}", lambda: iam.list_instance_profiles_for_role(RoleName=name)
    )
    for profile in answer["InstanceProfiles"] if answer else ():
        own = profile["InstanceProfileName"]
        if f'"{own}"' not in holder.known:
            command = aws_cli("iam", "remove-role-from-instance-profile", instance_profile_name=own, role_name=name)
            yield f"{name} is in the instance profile {own}, which the stack didn't create: {command}"

"""What is deployed for grants and users that access.toml doesn't have any more.

CloudFormation leaves a role behind to which somebody added a policy, `temp-access revoke` too, and the CDK CLI leaves a
whole stack behind that the app doesn't define any more. Whoever could borrow the grant could go on.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from temp_access.aws.answers import is_missing
from temp_access.aws.clients import service_client
from temp_access.cli.destroy import Revocations, delete_local_keys, require_no_keys
from temp_access.config.model import Config
from temp_access.deployment.deletion import StackHolder, deployed_stacks, obstacles, stack_holders
from temp_access.deployment.policy_drift import aws_cli
from temp_access.deployment.stack_deletion import delete_stacks
from temp_access.deployment.stacks import FURTHER_STACKS, needed_stacks
from temp_access.errors import TempAccessError, UserError
from temp_access.policies.grant_stacks import BORROWERS
from temp_access.policies.role_names import grant_role_name
from temp_access.revoke.policy import has_revocation_name

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Stacks that the app doesn't define, and users and roles that it doesn't define, in these or other stacks."""

    stacks: tuple[str, ...]
    holders: tuple[StackHolder, ...]

    def lines(self) -> Iterator[str]:
        """Yield a line for each, for whoever has to agree."""
        for holder in self.holders:
            yield f"deleting the {holder.kind} {holder.name}, which access.toml doesn't have any more"
        for stack in self.stacks:
            yield f"deleting the stack {stack}, which access.toml doesn't need any more"


def find_leftovers(session: "boto3.Session", config: Config) -> Leftovers:
    """Return what the deployed stacks have besides access.toml's grants and users."""
    stacks = deployed_stacks(session, FURTHER_STACKS)
    names = {*config.users, *(grant_role_name(config.role.name, id_) for id_ in config.own_role_grants)}
    needed = needed_stacks(config)
    return Leftovers(
        tuple(stack for stack in stacks if stack not in needed),
        tuple(holder for holder in stack_holders(session, stacks) if holder.name not in names),
    )


def require_deletable(args: argparse.Namespace, session: "boto3.Session", leftovers: Leftovers) -> None:
    """Raise UserError if something would stop the deletion of the leftovers."""
    if found := obstacles(session, leftovers.stacks, leftovers.holders, has_revocation_name):
        raise UserError(
            f"nothing was deployed, because what access.toml doesn't have any more can't be deleted: {'; '.join(found)}"
        )
    if args.local:
        delete_local_keys(args, session, leftovers.holders)
    else:
        require_no_keys(session, leftovers.holders)


def delete(session: "boto3.Session", leftovers: Leftovers) -> None:
    """Delete the leftovers after the deployment, which has deleted what it could.

    Raises TempAccessError for what can't be deleted.
    """
    roles = [holder for holder in leftovers.holders if holder.kind == "role"]
    Revocations(session, roles).delete()
    # The users' stack last: IAM replaces a deleted user in a trust policy by an id.
    for stacks in ([each for each in leftovers.stacks if each != BORROWERS], [BORROWERS]):
        if chosen := [each for each in stacks if each in leftovers.stacks]:
            delete_stacks(session, chosen, lambda line: print(line, file=sys.stderr))
    iam = service_client(session, "iam")
    for role in roles:
        if role.stack not in leftovers.stacks:
            _delete_role(iam, role.name)


def _delete_role(iam: Any, name: str) -> None:
    """Delete a role that CloudFormation couldn't, because it had a policy of revocations."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)
    except (ClientError, BotoCoreError) as error:
        if is_missing(error, "NoSuchEntity"):
            return
        command = aws_cli("iam", "delete-role", role_name=name)
        raise TempAccessError(
            f"the role {name} is still there, and can't be deleted: {error}; delete its policies, and then the role: "
            f"{command}",
            exit_code=1,
        ) from error
    print(f"deleted the role {name}", file=sys.stderr)

"""`temp-access destroy`: delete the deployed stacks, after removing what would block that."""

import argparse
import os
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from temp_access.aws.answers import is_missing
from temp_access.aws.clients import service_client
from temp_access.aws.parallel import in_parallel
from temp_access.cli.account import add_arguments as add_arguments
from temp_access.cli.account import confirmed, open_account
from temp_access.cli.cdk import STACKS_AT_ONCE, run_cdk
from temp_access.config.model import Config
from temp_access.deployment.deletion import (
    StackHolder,
    deployed_stacks,
    obstacles,
    read_before_deletion,
    stack_holders,
)
from temp_access.deployment.stack_deletion import delete_stacks
from temp_access.deployment.stacks import ACCESS, STACKS, STORAGE, needed_stacks
from temp_access.deployment.target import find_stack
from temp_access.errors import UserError
from temp_access.iam.arn import Arn, iam_arn
from temp_access.revoke.policy import has_revocation_name
from temp_access.revoke.role import RolePolicies

if TYPE_CHECKING:
    import boto3

    from temp_access.cli.account import Account


def clean_up_runs(
    session: "boto3.Session", config: Config, account: str, arn: str, holders: Iterable[StackHolder]
) -> None:
    """Remove the access keys and objects of killed verify runs; incomplete stacks have none."""
    from temp_access.aws.clients import ClientFactory
    from temp_access.deployment.target import deployed_target
    from temp_access.verify.live.cleanup import sweep
    from temp_access.verify.live.journal import Journal
    from temp_access.verify.plan.selection import admitted_examples

    try:
        target = deployed_target(session, config, account, arn)
    except UserError:
        # A stack isn't there, or has no outputs yet.
        return
    folders = [grant.folder for grant in (*config.grants.values(), *admitted_examples(config))]
    clients = ClientFactory(session).base()

    def notify(message: str) -> None:
        print(message, file=sys.stderr)

    sweep(Journal(), clients, target, folders, notify)
    for holder in holders:
        if holder.kind == "user" and holder.name != target.user_name:
            sweep(Journal(), clients, replace(target, user_name=holder.name), (), notify)


def user_keys(session: "boto3.Session", holders: Iterable[StackHolder]) -> dict[str, list[str]]:
    """Return the ids of the access keys of each deployed user that has any.

    Raises TempAccessError (inconclusive) if they can't be read.
    """
    iam = service_client(session, "iam")

    def keys(user: str) -> list[str]:
        answer = read_before_deletion(f"the access keys of {user}", lambda: iam.list_access_keys(UserName=user))
        return [key["AccessKeyId"] for key in answer["AccessKeyMetadata"]] if answer else []

    users = [holder.name for holder in holders if holder.kind == "user"]
    return {user: found for user, found in zip(users, in_parallel(keys, users), strict=True) if found}


def require_no_keys(session: "boto3.Session", holders: Iterable[StackHolder]) -> None:
    """Raise UserError if a user has access keys: they may be in use, so their owner has to delete them."""
    found = [
        f"{user} has {'an access key' if len(keys) == 1 else 'access keys'} "
        f"(…{', …'.join(key[-4:] for key in keys)}), and IAM can't delete a user with keys; wait for running "
        f"verifications to end, and delete the other keys: aws iam list-access-keys --user-name {user}, then "
        f"aws iam delete-access-key --user-name {user} --access-key-id ID"
        for user, keys in user_keys(session, holders).items()
    ]
    if found:
        raise UserError("\n".join(found))


def delete_keys(session: "boto3.Session", holders: Iterable[StackHolder]) -> None:
    """Delete the users' access keys; only for the local AWS, where they have no other use."""
    iam = service_client(session, "iam")
    for user, keys in user_keys(session, holders).items():
        for key in keys:
            iam.delete_access_key(UserName=user, AccessKeyId=key)
            print(f"deleted the access key …{key[-4:]} of {user}", file=sys.stderr)


EXAMPLES = """\
examples:
  temp-access destroy --local         # what `make demo` deployed
  temp-access destroy --env prod      # a real account; shows what is deleted, and asks for confirmation"""


def run(args: argparse.Namespace) -> int:
    """Remove what would block the deletion (access keys, the bucket's objects), and destroy all stacks."""
    account = open_account(args)
    config, session = account.config, account.session
    if config.environment.termination_protection:
        raise UserError(
            f"environments.{config.environment.name} has termination protection; turn it off in access.toml and "
            "deploy first"
        )
    bucket = _bucket(session)
    bucket_effect = "and all its objects" if config.bucket.on_destroy == "destroy" else "is kept"
    stacks = deployed_stacks(session)
    description = f"the stacks in {account.description}, as {account.arn}"
    if set(stacks) - set(STACKS):
        description = f"the stacks {', '.join(stacks)} in {account.description}, as {account.arn}"
    print(f"destroying {description}; bucket {bucket or '(none)'} {bucket_effect}", file=sys.stderr)
    if not confirmed(args, f"destroy them in {account.description}?"):
        return 2
    holders = _require_deletable(account, stacks, bucket)
    clean_up_runs(session, config, account.id, account.arn, holders)
    if args.local:
        delete_local_keys(args, session, holders)
    else:
        require_no_keys(session, holders)
    if bucket and config.bucket.on_destroy == "destroy":
        _empty(session, bucket)
    revocations = Revocations(session, [holder for holder in holders if holder.kind == "role"])
    code = None
    try:
        # IAM can't delete a role with an inline policy that the stack didn't create.
        revocations.delete()
        code = _delete(args, account, stacks)
    finally:
        if code != 0:
            revocations.put_back()
    if code == 0:
        _forget(account, holders)
    return code


def _delete(args: argparse.Namespace, account: "Account", stacks: Collection[str]) -> int:
    """Delete all stacks; the CDK CLI deletes those that the app defines, with access.toml as it is now."""
    needed = needed_stacks(account.config)
    if left := [stack for stack in stacks if stack not in needed]:
        # The bucket's stack can't go before those that import the bucket.
        delete_stacks(account.session, left, lambda line: print(line, file=sys.stderr))
    concurrency = () if len(needed) == len(STACKS) else ("--concurrency", str(STACKS_AT_ONCE))
    return run_cdk(args, account.session, "destroy", "--all", "--force", *concurrency)


class Revocations:
    """The revocations of roles that are to be deleted: removed before, and put back if a role stays."""

    def __init__(self, session: "boto3.Session", roles: Collection[StackHolder]) -> None:
        self._session = session
        self._roles = roles
        self._deleted: list[tuple[StackHolder, RolePolicies, Mapping[str, Any]]] = []

    def delete(self) -> None:
        """Delete the revocations of all roles."""

        def delete(role: StackHolder) -> None:
            policies = RolePolicies(iam, role.name)
            if deleted := policies.delete_all():
                self._deleted.append((role, policies, deleted))

        iam = service_client(self._session, "iam")
        in_parallel(delete, self._roles)

    def put_back(self) -> None:
        """Put the revocations back, so that what was revoked stays so while the role is there."""
        for role, policies, deleted in self._deleted:
            put_back(self._session, policies, deleted, role.stack)


def put_back(
    session: "boto3.Session", policies: RolePolicies, revocations: Mapping[str, Any], stack: str = ACCESS
) -> None:
    """Put a role's revocations back, but not while CloudFormation is deleting the role, which would fail."""
    try:
        stacks = service_client(session, "cloudformation").describe_stacks(StackName=stack)["Stacks"]
        if not stacks[0]["StackStatus"].endswith("_IN_PROGRESS"):
            policies.put_back(revocations)
            return
        reason = "CloudFormation is still deleting"
    except Exception as error:
        if is_missing(error, "ValidationError"):
            return
        reason = str(error)
    print(
        f"warning: {len(revocations)} revoked sessions or groups of sessions may work again ({reason}); if the role "
        "stays, run `temp-access revoke` again",
        file=sys.stderr,
    )


def delete_local_keys(args: argparse.Namespace, session: "boto3.Session", holders: Collection[StackHolder]) -> None:
    """Delete the users' access keys, and what the local AWS's state folder has of them."""
    from temp_access.local_aws.state_dir import DEFAULT_STATE
    from temp_access.local_aws.user_key import forget_key

    delete_keys(session, holders)
    for holder in holders:
        if holder.kind == "user":
            # Immediately: an interrupted destroy would leave the file of a deleted key.
            forget_key(args.state or DEFAULT_STATE, holder.name)


def _forget(account: "Account", holders: Iterable[StackHolder]) -> None:
    """Remove the roles and their sessions from the cache: they no longer work."""
    from temp_access.borrow.cache import Cache, cache_folder
    from temp_access.revoke.model import RevocationScope, ScopeType
    from temp_access.revoke.scopes import purge_revoked

    cache = Cache(cache_folder(os.environ))
    config, partition = account.config, Arn.parse(account.arn).partition
    for name in {config.role.name, *(holder.name for holder in holders if holder.kind == "role")}:
        role_arn = iam_arn(partition, account.id, f"role{config.role.path}{name}")
        purge_revoked(cache, role_arn, [RevocationScope(ScopeType.ALL)])
    cache.clear("roles")


def _require_deletable(account: "Account", stacks: Collection[str], bucket: str | None) -> tuple[StackHolder, ...]:
    """Return the users and roles of the stacks.

    Raises UserError if something would stop the deletion, and TempAccessError if that can't be read. Nothing was
    deleted yet.
    """
    holders = stack_holders(account.session, stacks)
    user_keys(account.session, holders)
    s3 = service_client(account.session, "s3")
    if found := obstacles(account.session, stacks, holders, has_revocation_name):
        raise UserError(f"nothing was deleted, because the stacks can't be: {'; '.join(found)}")
    if bucket and account.config.bucket.on_destroy == "destroy":
        read_before_deletion(f"the bucket {bucket}", lambda: s3.list_object_versions(Bucket=bucket, MaxKeys=1))
    return holders


def _bucket(session: "boto3.Session") -> str | None:
    return (find_stack(session, STORAGE) or {}).get("BucketName")


def _empty(session: "boto3.Session", bucket: str) -> None:
    from temp_access.verify.live.objects import remove_all

    count = remove_all(service_client(session, "s3"), bucket)
    print(f"removed {count} versions and uploads from {bucket}", file=sys.stderr)

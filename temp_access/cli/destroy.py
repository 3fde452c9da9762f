"""`temp-access destroy`: delete the deployed stacks, after removing what would block that."""

import argparse
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from temp_access.aws.answers import is_missing
from temp_access.aws.clients import service_client
from temp_access.cli.account import add_arguments as add_arguments
from temp_access.cli.account import confirmed, open_account
from temp_access.cli.cdk import run_cdk
from temp_access.config.model import Config
from temp_access.deployment.deletion import obstacles, read_before_deletion
from temp_access.deployment.stacks import ACCESS, STORAGE
from temp_access.deployment.target import find_stack
from temp_access.errors import UserError
from temp_access.iam.arn import Arn, iam_arn
from temp_access.revoke.policy import has_revocation_name
from temp_access.revoke.role import RolePolicies

if TYPE_CHECKING:
    import boto3

    from temp_access.cli.account import Account


def clean_up_runs(session: "boto3.Session", config: Config, account: str, arn: str) -> None:
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
    sweep(Journal(), ClientFactory(session).base(), target, folders, lambda message: print(message, file=sys.stderr))


def user_keys(session: "boto3.Session") -> tuple[str, list[str]]:
    """Return the deployed user's name (empty if there is none) and the ids of its access keys.

    Raises TempAccessError (inconclusive) if they can't be read.
    """
    cloudformation, iam = service_client(session, "cloudformation"), service_client(session, "iam")
    stack = read_before_deletion("its resources", lambda: cloudformation.describe_stack_resources(StackName=ACCESS))
    resources = stack["StackResources"] if stack else ()
    user = next((r.get("PhysicalResourceId", "") for r in resources if r["ResourceType"] == "AWS::IAM::User"), "")
    if not user:
        return "", []
    keys = read_before_deletion(f"the access keys of {user}", lambda: iam.list_access_keys(UserName=user))
    return user, [key["AccessKeyId"] for key in keys["AccessKeyMetadata"]] if keys else []


def require_no_keys(session: "boto3.Session") -> None:
    """Raise UserError if the user has access keys: they may be in use, so their owner has to delete them."""
    user, keys = user_keys(session)
    if keys:
        raise UserError(
            f"{user} has {'an access key' if len(keys) == 1 else 'access keys'} "
            f"(…{', …'.join(key[-4:] for key in keys)}), and IAM can't delete a user with keys; wait for running "
            f"verifications to end, and delete the other keys: aws iam list-access-keys --user-name {user}, then "
            f"aws iam delete-access-key --user-name {user} --access-key-id ID"
        )


def delete_keys(session: "boto3.Session") -> None:
    """Delete the user's access keys; only for the local AWS, where they have no other use."""
    user, keys = user_keys(session)
    iam = service_client(session, "iam")
    for key in keys:
        iam.delete_access_key(UserName=user, AccessKeyId=key)
        print(f"deleted the access key …{key[-4:]} of {user}", file=sys.stderr)


EXAMPLES = """\
examples:
  temp-access destroy --local         # what `make demo` deployed
  temp-access destroy --env prod      # a real account; shows what is deleted, and asks for confirmation"""


def run(args: argparse.Namespace) -> int:
    """Remove what would block the deletion (access keys, the bucket's objects), and destroy both stacks."""
    account = open_account(args)
    config, session = account.config, account.session
    if config.environment.termination_protection:
        raise UserError(
            f"environments.{config.environment.name} has termination protection; turn it off in access.toml and "
            "deploy first"
        )
    bucket = _bucket(session)
    bucket_effect = "and all its objects" if config.bucket.on_destroy == "destroy" else "is kept"
    stacks = f"the stacks in {account.description}, as {account.arn}"
    print(f"destroying {stacks}; bucket {bucket or '(none)'} {bucket_effect}", file=sys.stderr)
    if not confirmed(args, f"destroy them in {account.description}?"):
        return 2
    _require_deletable(account, bucket)
    clean_up_runs(session, config, account.id, account.arn)
    if args.local:
        _delete_local_keys(args, account)
    else:
        require_no_keys(session)
    if bucket and config.bucket.on_destroy == "destroy":
        _empty(session, bucket)
    # IAM can't delete a role with an inline policy that the stack didn't create.
    policies = RolePolicies(service_client(session, "iam"), config.role.name)
    revocations = policies.delete_all()
    code = None
    try:
        code = run_cdk(args, session, "destroy", "--all", "--force")
    finally:
        if code != 0 and revocations:
            _put_back(session, policies, revocations)
    if code == 0:
        _forget(account)
    return code


def _put_back(session: "boto3.Session", policies: RolePolicies, revocations: Mapping[str, Any]) -> None:
    """Put the revocations back, so that what was revoked stays so while the role is there.

    Not while CloudFormation is deleting the role, which would fail.
    """
    try:
        stacks = service_client(session, "cloudformation").describe_stacks(StackName=ACCESS)["Stacks"]
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


def _delete_local_keys(args: argparse.Namespace, account: "Account") -> None:
    from temp_access.local_aws.state_dir import DEFAULT_STATE
    from temp_access.local_aws.user_key import forget_key

    delete_keys(account.session)
    # Immediately: an interrupted destroy would leave the file of a deleted key.
    forget_key(args.state or DEFAULT_STATE, account.config.user.name)


def _forget(account: "Account") -> None:
    """Remove the role and its sessions from the cache: they no longer work."""
    from temp_access.borrow.cache import Cache, cache_folder
    from temp_access.revoke.model import RevocationScope, ScopeType
    from temp_access.revoke.scopes import purge_revoked

    cache = Cache(cache_folder(os.environ))
    role_arn = iam_arn(
        Arn.parse(account.arn).partition, account.id, f"role{account.config.role.path}{account.config.role.name}"
    )
    purge_revoked(cache, role_arn, [RevocationScope(ScopeType.ALL)])
    cache.clear("roles")


def _require_deletable(account: "Account", bucket: str | None) -> None:
    """Raise UserError if something would stop the deletion, and TempAccessError if that can't be read.

    Nothing was deleted yet.
    """
    user_keys(account.session)
    s3 = service_client(account.session, "s3")
    if found := obstacles(account.session, has_revocation_name):
        raise UserError(f"nothing was deleted, because the stacks can't be: {'; '.join(found)}")
    if bucket and account.config.bucket.on_destroy == "destroy":
        read_before_deletion(f"the bucket {bucket}", lambda: s3.list_object_versions(Bucket=bucket, MaxKeys=1))


def _bucket(session: "boto3.Session") -> str | None:
    return (find_stack(session, STORAGE) or {}).get("BucketName")


def _empty(session: "boto3.Session", bucket: str) -> None:
    from temp_access.verify.live.objects import remove_all

    count = remove_all(service_client(session, "s3"), bucket)
    print(f"removed {count} versions and uploads from {bucket}", file=sys.stderr)

"""Destroy."""

import argparse
import os
import sys
from typing import TYPE_CHECKING

from temp_access.cli.account import add_arguments as add_arguments
from temp_access.cli.account import confirmed, open_account
from temp_access.cli.cdk import run_cdk
from temp_access.config.model import Config
from temp_access.deployment.stacks import ACCESS, STORAGE
from temp_access.errors import UserError
from temp_access.revoke.role import RolePolicies

if TYPE_CHECKING:
    import boto3

    from temp_access.cli.account import Account


def sweep_runs(session: "boto3.Session", config: Config, account: str, arn: str) -> None:
    """Remove the keys and objects of verify's runs that were killed; half-made stacks never had any."""
    from temp_access.aws.clients import ClientFactory
    from temp_access.deployment.target import find_target
    from temp_access.verify.live.cleanup import sweep
    from temp_access.verify.live.journal import Journal
    from temp_access.verify.plan.selection import admitted_examples

    try:
        target = find_target(session, config, account, arn)
    except UserError:
        return
    folders = [grant.folder for grant in (*config.grants.values(), *admitted_examples(config))]
    sweep(Journal(), ClientFactory(session).base(), target, folders, lambda text: print(text, file=sys.stderr))


def user_keys(session: "boto3.Session") -> tuple[str, list[str]]:
    """Return the name of the deployed user, '' without one, and the ids of its access keys."""
    from botocore.exceptions import ClientError

    iam = session.client("iam")
    try:
        found = session.client("cloudformation").describe_stack_resources(StackName=ACCESS)["StackResources"]
        user = next((r.get("PhysicalResourceId", "") for r in found if r["ResourceType"] == "AWS::IAM::User"), "")
        keys = iam.list_access_keys(UserName=user)["AccessKeyMetadata"] if user else []
    except ClientError:
        return "", []
    return user, [key["AccessKeyId"] for key in keys]


def require_no_keys(session: "boto3.Session") -> None:
    """Raise UserError if the user has access keys: they may be in use, and are for their owner to delete."""
    user, keys = user_keys(session)
    if keys:
        raise UserError(
            f"{user} has {'an access key' if len(keys) == 1 else 'access keys'} "
            f"(…{', …'.join(key[-4:] for key in keys)}), and a user with keys can't be deleted; let a verify that "
            f"runs end, and delete the others: aws iam list-access-keys --user-name {user}, then "
            f"aws iam delete-access-key --user-name {user} --access-key-id ID"
        )


def delete_keys(session: "boto3.Session") -> None:
    """Delete the user's access keys; for the local AWS alone, whose keys open nothing else."""
    user, keys = user_keys(session)
    iam = session.client("iam")
    for key in keys:
        iam.delete_access_key(UserName=user, AccessKeyId=key)
        print(f"deleted the access key …{key[-4:]} of {user}", file=sys.stderr)


EXAMPLES = """\
examples:
  temp-access destroy --local         what `make demo` deployed
  temp-access destroy --env prod      a real account: says what goes, and asks first"""


def run(args: argparse.Namespace) -> int:
    """Remove what would stand in the way (objects if the bucket is to go, keys), and destroy both stacks."""
    account = open_account(args)
    config, session = account.config, account.session
    if config.environment.termination_protection:
        raise UserError(
            f"environments.{config.environment.name} has termination protection; take it out and deploy first"
        )
    bucket = _bucket(session)
    fate = "and all its objects" if config.bucket.on_destroy == "destroy" else "is kept"
    what = f"the stacks in {account.place}, as {account.arn}; bucket {bucket or '(none)'} {fate}"
    print(f"destroying {what}", file=sys.stderr)
    if not confirmed(args, f"destroy them in {account.place}?"):
        return 2
    sweep_runs(session, config, account.id, account.arn)
    if args.local:
        _delete_local_keys(args, account)
    else:
        require_no_keys(session)
    if bucket and config.bucket.on_destroy == "destroy":
        _empty(session, bucket)
    # IAM deletes no role that has a policy which the stack didn't make.
    RolePolicies(session.client("iam"), config.role.name).write(())
    code = run_cdk(args, account.region, "destroy", "--all", "--force")
    if code == 0:
        _forget(account)
    return code


def _delete_local_keys(args: argparse.Namespace, account: "Account") -> None:
    from temp_access.local_aws.state_dir import DEFAULT_STATE
    from temp_access.local_aws.user_key import forget_key

    delete_keys(account.session)
    # At once: a destroy that is interrupted would leave a key that is no more.
    forget_key(args.state or DEFAULT_STATE, account.config.user.name)


def _forget(account: "Account") -> None:
    """Drop what this machine keeps of the role: it would be handed out as if it worked."""
    from temp_access.borrow.cache import Cache, cache_folder
    from temp_access.revoke.model import RevocationScope, ScopeType
    from temp_access.revoke.scopes import purge_revoked

    cache = Cache(cache_folder(os.environ))
    partition = account.arn.split(":")[1]
    purge_revoked(
        cache, f"arn:{partition}:iam::{account.id}:role/{account.config.role.name}", [RevocationScope(ScopeType.ALL)]
    )
    cache.clear("roles")


def _bucket(session: "boto3.Session") -> str | None:
    from botocore.exceptions import ClientError

    try:
        found = session.client("cloudformation").describe_stacks(StackName=STORAGE)["Stacks"][0]
    except ClientError:
        return None
    names = [o["OutputValue"] for o in found.get("Outputs", ()) if o["OutputKey"] == "BucketName"]
    return names[0] if names else None


def _empty(session: "boto3.Session", bucket: str) -> None:
    from temp_access.verify.live.objects import remove_all

    count = remove_all(session.client("s3"), bucket)
    print(f"removed {count} versions and uploads from {bucket}", file=sys.stderr)

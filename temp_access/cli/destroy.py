"""`temp-access destroy`: remove what was deployed, the objects included where access.toml says so."""

import argparse
import os
import sys
from typing import TYPE_CHECKING

from temp_access.cli.account import add_arguments as add_arguments
from temp_access.cli.account import confirmed, open_account
from temp_access.cli.cdk import run_cdk
from temp_access.cli.user_keys import delete_keys, require_no_keys, sweep_runs
from temp_access.errors import UserError
from temp_access.sts.revoke.apply import RolePolicies
from temp_access.verify.state.model import STORAGE

if TYPE_CHECKING:
    import boto3

    from temp_access.cli.account import Account

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
    from local_aws.layout import DEFAULT_STATE
    from local_aws.user_key import forget_key

    delete_keys(account.session)
    # At once: a destroy that is interrupted would leave a key that is no more.
    forget_key(args.state or DEFAULT_STATE, account.config.user.name)


def _forget(account: "Account") -> None:
    """Drop what this machine keeps of the role: it would be handed out as if it worked."""
    from temp_access.sts.cache import Cache, cache_folder
    from temp_access.sts.revoke.kept import purge_revoked
    from temp_access.sts.revoke.model import RevocationScope, ScopeType

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

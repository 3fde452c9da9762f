"""`temp-access deploy`: deploy the stacks with the CDK CLI, after saying where."""

import argparse
import sys
from typing import TYPE_CHECKING

from temp_access.cli.cdk import run_cdk
from temp_access.cli.confirm import confirm
from temp_access.cli.options import add_aws, add_config, load_config, use_local
from temp_access.verify.live.target import check_environment, open_session, who_am_i

if TYPE_CHECKING:
    import boto3

EXAMPLES = """\
examples:
  temp-access deploy --local          the local AWS (temp-access local start), bootstrapped if need be
  temp-access deploy --env prod       a real account: says which, and asks first"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_config(parser)
    add_aws(parser)
    parser.add_argument("--yes", action="store_true", help="don't ask")


def run(args: argparse.Namespace) -> int:
    """Deploy both stacks."""
    config = load_config(args)
    use_local(args)
    session = open_session(None, args.region)
    account, arn = who_am_i(session)
    check_environment(config, account, str(session.region_name))
    place = f"account {account}, {session.region_name}"
    print(f"deploying to {place}, as {arn}", file=sys.stderr)
    if not (args.local or args.yes or confirm(f"deploy to {place}?")):
        return 2
    if args.local and not _is_bootstrapped(session):
        code = run_cdk("bootstrap", f"aws://{account}/{session.region_name}", config=args.config, env=args.env)
        if code:
            return code
    return run_cdk(
        "deploy",
        "--all",
        "--require-approval",
        "never" if args.local or args.yes else "broadening",
        config=args.config,
        env=args.env,
    )


def _is_bootstrapped(session: "boto3.Session") -> bool:
    from botocore.exceptions import ClientError

    try:
        session.client("cloudformation").describe_stacks(StackName="CDKToolkit")
    except ClientError:
        return False
    return True

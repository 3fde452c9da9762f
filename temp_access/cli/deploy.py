"""`temp-access deploy`: deploy the stacks with the CDK CLI, after showing the account and Region."""

import argparse
import sys
from typing import TYPE_CHECKING

from temp_access.cli.account import add_arguments as add_arguments
from temp_access.cli.account import confirmed, open_account
from temp_access.cli.cdk import run_cdk
from temp_access.deployment.target import find_stack

if TYPE_CHECKING:
    import boto3


EXAMPLES = """\
examples:
  temp-access deploy --local          # the local AWS (see temp-access local); bootstraps it if necessary
  temp-access deploy --env prod       # a real account; shows which one, and asks for confirmation"""


def run(args: argparse.Namespace) -> int:
    """Deploy both stacks."""
    account = open_account(args)
    print(f"deploying to {account.description}, as {account.arn}", file=sys.stderr)
    if not confirmed(args, f"deploy to {account.description}?"):
        return 2
    if args.local and not _is_bootstrapped(account.session):
        code = run_cdk(args, account.session, "bootstrap", f"aws://{account.id}/{account.region}")
        if code:
            return code
    approval = "never" if args.local or args.yes else "broadening"
    return run_cdk(args, account.session, "deploy", "--all", "--require-approval", approval)


def _is_bootstrapped(session: "boto3.Session") -> bool:
    return find_stack(session, "CDKToolkit") is not None

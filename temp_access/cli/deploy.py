"""`temp-access deploy`: deploy the stacks with the CDK CLI, after showing the account and Region."""

import argparse
import sys
from typing import TYPE_CHECKING

from temp_access.cli.account import add_arguments as add_arguments
from temp_access.cli.account import confirmed, open_account
from temp_access.cli.caller_statements import print_caller_statements
from temp_access.cli.cdk import STACKS_AT_ONCE, run_cdk
from temp_access.cli.leftovers import delete, find_leftovers, require_deletable
from temp_access.deployment.stacks import STACKS, needed_stacks
from temp_access.deployment.target import find_stack
from temp_access.iam.arn import Arn

if TYPE_CHECKING:
    import boto3


EXAMPLES = """\
examples:
  temp-access deploy --local          # the local AWS (see temp-access local); bootstraps it if necessary
  temp-access deploy --env prod       # a real account; shows which one, and asks for confirmation"""


def run(args: argparse.Namespace) -> int:
    """Deploy all stacks, and delete what access.toml doesn't have any more."""
    account = open_account(args)
    stacks = needed_stacks(account.config)
    has_more = len(stacks) > len(STACKS)
    what = f"{', '.join(stacks)} " if has_more else ""
    print(f"deploying {what}to {account.description}, as {account.arn}", file=sys.stderr)
    leftovers = find_leftovers(account.session, account.config)
    for line in leftovers.lines():
        print(line, file=sys.stderr)
    if not confirmed(args, f"deploy to {account.description}?"):
        return 2
    require_deletable(args, account.session, leftovers)
    if args.local and not _is_bootstrapped(account.session):
        code = run_cdk(args, account.session, "bootstrap", f"aws://{account.id}/{account.region}")
        if code:
            return code
    approval = "never" if args.local or args.yes else "broadening"
    # The CDK CLI asks no questions about stacks that it deploys at the same time.
    concurrency = ("--concurrency", str(STACKS_AT_ONCE)) if has_more and approval == "never" else ()
    code = run_cdk(args, account.session, "deploy", "--all", "--require-approval", approval, *concurrency)
    if code:
        return code
    delete(account.session, leftovers)
    print_caller_statements(account.config, account.id, Arn.parse(account.arn).partition)
    return 0


def _is_bootstrapped(session: "boto3.Session") -> bool:
    return find_stack(session, "CDKToolkit") is not None

"""Opening the account that a command is about to change, and asking before it does."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temp_access.cli.options import add_aws_options, add_config_options, confirm, enter_local, load_config
from temp_access.config.model import Config
from temp_access.deployment.target import check_environment, open_session, session_identity

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True, slots=True)
class Account:
    """The configuration, and whose credentials for which account and Region a command works with."""

    config: Config
    session: "boto3.Session"
    id: str
    arn: str

    @property
    def region(self) -> str:
        """The Region that the session is for, which is also the CDK's."""
        return str(self.session.region_name)

    @property
    def description(self) -> str:
        """Account and Region, in words."""
        return f"account {self.id}, {self.region}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of commands that change an account."""
    add_config_options(parser)
    add_aws_options(parser)
    parser.add_argument("--yes", action="store_true", help="don't ask")


def open_account(args: argparse.Namespace) -> Account:
    """Return the account that the arguments lead to; raises UserError if it isn't the environment's."""
    config = load_config(args)
    enter_local(args)
    session = open_session(None, args.region)
    account, arn = session_identity(session)
    check_environment(config, account, str(session.region_name))
    return Account(config, session, account, arn)


def confirmed(args: argparse.Namespace, question: str) -> bool:
    """Return whether the person agrees; the local AWS and --yes aren't asked."""
    return bool(args.local or args.yes) or confirm(question)

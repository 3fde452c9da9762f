"""The account that a command works on, with the deployer's credentials or temp-user's, and the confirmation."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temp_access.cli.local_target import enter_local
from temp_access.cli.options import add_aws_options, add_config_options, confirm, load_config
from temp_access.config.model import Config
from temp_access.deployment.target import check_environment, open_session, session_identity
from temp_access.errors import UserError

if TYPE_CHECKING:
    import boto3

    from temp_access.deployment.target import Target


@dataclass(frozen=True, slots=True)
class Account:
    """The configuration, and the deployer's session, account id and ARN."""

    config: Config
    session: "boto3.Session"
    id: str
    arn: str

    @property
    def region(self) -> str:
        """The session's Region, which the CDK uses too."""
        return str(self.session.region_name)

    @property
    def description(self) -> str:
        """Account and Region, for messages."""
        return f"account {self.id}, {self.region}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of deploy and destroy."""
    add_config_options(parser)
    add_aws_options(parser)
    parser.add_argument("--yes", action="store_true", help="don't ask for confirmation")


def open_account(args: argparse.Namespace, config: Config | None = None, profile: str | None = None) -> Account:
    """Return the account of the deployer's `profile` (None: the default credentials), or the local AWS's.

    Raises UserError if it isn't the account of the environment.
    """
    config = config or load_config(args)
    if args.local:
        enter_local(args.state)
    session = open_session(profile, args.region)
    account_id, arn = session_identity(session)
    check_environment(config, account_id, str(session.region_name))
    return Account(config, session, account_id, arn)


def require_deployer(account: Account, user_name: str) -> None:
    """Raise UserError if the credentials are temp-user's own."""
    if account.arn.endswith(f":user/{user_name}"):
        raise UserError(f"these are {user_name}'s own credentials; pass the deployer's with --deployer-profile")


def open_user_session(args: argparse.Namespace, target: "Target") -> "boto3.Session":
    """Return temp-user's session: of --profile, or else of its key for the local AWS.

    Raises UserError if the profile is another principal's.
    """
    if args.profile is None:
        from temp_access.aws.assume_role import Credentials
        from temp_access.aws.clients import boto3_session
        from temp_access.local_aws.state_dir import DEFAULT_STATE
        from temp_access.local_aws.user_key import user_environment

        variables = user_environment(args.state or DEFAULT_STATE, target.user_name)
        key = Credentials(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"])
        return boto3_session(key, target.region)
    session = open_session(args.profile, args.region)
    _, arn = session_identity(session)
    if arn != target.user_arn:
        raise UserError(
            f"the profile {args.profile} is {arn}, not {target.user_arn}; pass {target.user_name}'s with --profile"
        )
    return session


def confirmed(args: argparse.Namespace, question: str) -> bool:
    """Return whether the user agrees; --local and --yes skip the question."""
    return bool(args.local or args.yes) or confirm(question)

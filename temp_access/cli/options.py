"""Options that several commands share, and the small print that goes with them."""

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.config.duration import parse_duration

if TYPE_CHECKING:
    from temp_access.config.model import Config

_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add --config and --env."""
    parser.add_argument("--config", type=Path, default=Path("access.toml"), metavar="FILE", help="default: access.toml")
    parser.add_argument("--env", metavar="NAME", help="an environment of access.toml")


def add_aws(parser: argparse.ArgumentParser) -> None:
    """Add --region, --local and --state."""
    parser.add_argument("--region", metavar="REGION", help="default: as the AWS CLI finds it")
    parser.add_argument("--local", action="store_true", help="use the local AWS (temp-access local start)")
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="the local AWS's folder (default: .temp-access/local)"
    )


def load_config(args: argparse.Namespace) -> "Config":
    """Return the configuration that the arguments name."""
    # Imported here, so that what is answered from the cache doesn't pay for it.
    from temp_access.load import load

    return load(args.config, args.env)


def enter_local(args: argparse.Namespace) -> None:
    """Point this process and its children at the local AWS, if --local was given."""
    if not args.local:
        return
    from local_aws.control import CONFLICTING_VARIABLES, environment
    from local_aws.layout import DEFAULT_STATE

    for name in CONFLICTING_VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(environment(args.state or DEFAULT_STATE))


def seconds(text: str) -> int:
    """Return the seconds of a duration argument; argparse reports what is wrong with it."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def role_arn(text: str) -> str:
    """Return the ARN of a role; argparse reports what is wrong with it."""
    if not _ROLE_ARN.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} isn't a role's ARN; write it like arn:aws:iam::111122223333:role/temp-role"
        )
    return text

"""Shared options, output, confirmation."""

import argparse
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.config.table import parse_duration
from temp_access.errors import TempAccessError, UserError

if TYPE_CHECKING:
    from temp_access.config.model import Config


_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Add --config and --env."""
    parser.add_argument("--config", type=Path, default=Path("access.toml"), metavar="FILE", help="default: access.toml")
    parser.add_argument("--env", metavar="NAME", help="an environment of access.toml")


def add_aws_options(parser: argparse.ArgumentParser) -> None:
    """Add --region, --local and --state."""
    parser.add_argument("--region", metavar="REGION", help="default: as the AWS CLI finds it")
    parser.add_argument("--local", action="store_true", help="use the local AWS (temp-access local start)")
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="the local AWS's folder (default: .temp-access/local)"
    )


def load_config(args: argparse.Namespace) -> "Config":
    """Return the configuration that the arguments name."""
    # Imported here, so that what is answered from the cache doesn't pay for it.
    from temp_access.access_file import load

    return load(args.config, args.env)


def enter_local(args: argparse.Namespace) -> None:
    """Point this process and its children at the local AWS, if --local was given."""
    if not args.local:
        return
    from temp_access.local_aws.client import CONFLICTING_VARIABLES
    from temp_access.local_aws.control import environment
    from temp_access.local_aws.state_dir import DEFAULT_STATE

    for name in CONFLICTING_VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(environment(args.state or DEFAULT_STATE))


def duration_argument(text: str) -> int:
    """Return the seconds of a duration argument; argparse reports what is wrong with it."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def role_arn_argument(text: str) -> str:
    """Return the ARN of a role; argparse reports what is wrong with it."""
    if not _ROLE_ARN.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} isn't a role's ARN; write it like arn:aws:iam::111122223333:role/temp-role"
        )
    return text


def write_stdout(text: str) -> None:
    """Write `text` and be sure that it got there; raises TempAccessError where it couldn't."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # What is left in the buffer would fail again at exit, with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise TempAccessError(
            f"standard output can't be written ({error.strerror}); nothing was handed out", exit_code=1
        ) from error


def confirm(question: str) -> bool:
    """Return whether the person at the terminal says yes; raises UserError if there is nobody to ask."""
    if not sys.stdin.isatty():
        raise UserError("there is no terminal to ask on; pass --yes to go on without asking")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")

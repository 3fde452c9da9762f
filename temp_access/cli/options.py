"""Options that many commands share, writing to standard output, and asking for confirmation."""

import argparse
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.cli.streams import drop_output, output_error
from temp_access.config.table import parse_duration
from temp_access.errors import TempAccessError, UserError

if TYPE_CHECKING:
    from temp_access.config.model import Config


# Of Linux and macOS, without the null byte at the end; longer paths are errors that are named later.
_MAX_PATH, _MAX_NAME = 4095, 255
_ACCOUNT = re.compile(r"[0-9]{12}")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Add --config and --env."""
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("access.toml"),
        metavar="FILE",
        help="the configuration (default: access.toml)",
    )
    parser.add_argument("--env", metavar="NAME", help="the environment of access.toml to use")


def add_aws_options(parser: argparse.ArgumentParser) -> None:
    """Add --region, --local, --state and --timeout."""
    parser.add_argument("--region", metavar="REGION", help="the Region (default: the one that the AWS CLI uses)")
    parser.add_argument("--local", action="store_true", help="use the local AWS (see temp-access local)")
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="the local AWS's state folder (default: .temp-access/local)"
    )
    parser.add_argument(
        "--timeout",
        dest="time_limit",
        type=duration_argument,
        metavar="TIME",
        help="end as inconclusive after this time (default: after 2m in which no service answered)",
    )


def add_template_option(parser: argparse.ArgumentParser) -> None:
    """Add --template."""
    parser.add_argument(
        "--template",
        type=Path,
        default=Path("cdk.out"),
        metavar="DIR",
        help="the output folder of `cdk synth` (default: cdk.out)",
    )


def add_deployer_option(parser: argparse.ArgumentParser) -> None:
    """Add --deployer-profile."""
    parser.add_argument(
        "--deployer-profile", metavar="PROFILE", help="the deployer's profile (default: the default credentials)"
    )


def check_paths(args: argparse.Namespace) -> None:
    """Raise UserError if a path among `args` can't be one, or has a control character, which no file here needs."""
    for name, value in vars(args).items():
        for path in value if isinstance(value, list) else [value]:
            if isinstance(path, Path) and (problem := _path_problem(os.fspath(path))):
                from temp_access.terminal_text import escape_control

                raise UserError(f"{name}: {escape_control(os.fspath(path)[:80])}{problem}")


def _path_problem(path: str) -> str | None:
    if not path.isprintable():
        # Imported here: a call that is answered from the cache needs none of its patterns.
        from temp_access.terminal_text import CONTROL

        if CONTROL.search(path):
            return " contains a control character; rename the file or its folder"
    longest = max(len(os.fsencode(part)) for part in path.split(os.sep))
    if longest > _MAX_NAME or len(os.fsencode(path)) > _MAX_PATH:
        return f"… is too long for a path: {_MAX_PATH} bytes, and {_MAX_NAME} for each name in it, are possible"
    return None


def load_config(args: argparse.Namespace) -> "Config":
    """Return the configuration that --config and --env name."""
    # Imported here: a call that is answered from the cache doesn't read access.toml.
    from temp_access.access_file import load

    return load(args.config, args.env)


def duration_argument(argument: str) -> int:
    """Return the seconds of a duration argument; argparse reports an invalid one."""
    try:
        return parse_duration(argument)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def seconds_argument(argument: str) -> int:
    """Return the seconds of an argument that is a duration or a number of seconds; argparse reports an invalid one."""
    return int(argument) if argument.isascii() and argument.isdigit() else duration_argument(argument)


def role_arn_argument(argument: str) -> str:
    """Return the ARN of a role; argparse reports an invalid one."""
    if not _ROLE_ARN.fullmatch(argument):
        raise argparse.ArgumentTypeError(
            f"{argument!r} isn't a role's ARN; write it like arn:aws:iam::111122223333:role/temp-role"
        )
    return argument


def account_argument(argument: str) -> str:
    """Return an account ID; argparse reports an invalid one."""
    if not _ACCOUNT.fullmatch(argument):
        raise argparse.ArgumentTypeError(f"{argument!r} isn't an account ID; write its 12 digits")
    return argument


def write_stdout(output: str) -> None:
    """Write `output` to standard output and flush it; raises TempAccessError if it can't be written."""
    try:
        sys.stdout.write(output)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output(sys.stdout.fileno())
        raise _not_handed_out(error) from error
    if lost := output_error():
        raise _not_handed_out(lost)


def _not_handed_out(error: OSError) -> TempAccessError:
    return TempAccessError(
        f"standard output can't be written ({error.strerror}), so nothing was handed out; redirect it elsewhere",
        exit_code=1,
    )


def confirm(question: str) -> bool:
    """Return whether the user at the terminal answers yes; raises UserError without a terminal."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise UserError("there is no terminal to ask for confirmation; pass --yes to continue without it")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")

"""`temp-access exec`: run a command with borrowed credentials and without the caller's own."""

import argparse
import os
import signal
from collections.abc import Mapping

from temp_access.borrow.cached_session import CachedSession
from temp_access.cli.borrow_options import add_borrow_options, borrow
from temp_access.cli.credentials import credential_variables
from temp_access.cli.local_target import client_environment
from temp_access.errors import TempAccessError

EXAMPLES = """\
examples (after `make demo`):
  temp-access exec bob --local -- aws sts get-caller-identity
  temp-access exec bob --local --access read --duration 1h -- env

The command replaces this process: signals reach it directly, and its exit code is returned.

exit code: the command's; 126 it can't be run, 127 not found, 1 refused or not reachable, 2 bad input"""
# Each of these leads to the caller's own credentials, which the command must not get.
_CALLER_VARIABLES = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
# Followed by a service's name, it takes precedence over the keys for that service:
# https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html
_BEARER_PREFIX = "AWS_BEARER_TOKEN_"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_borrow_options(parser)
    parser.add_argument("program", nargs="+", metavar="COMMAND", help="the command and its arguments, after --")


def run(args: argparse.Namespace) -> int:
    """Borrow, and replace this process by the command."""
    local = client_environment(args)
    # Copied before borrowing, which changes this process's environment for the local AWS.
    environ = dict(os.environ)
    environment = child_environment(environ, borrow(args), local)
    # Python ignores these signals, and the command would inherit that: `yes | head` would never end.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    program = args.program[0]
    try:
        os.execvpe(program, args.program, environment)  # noqa: S606 - running the user's command is the purpose
    except FileNotFoundError:
        raise TempAccessError(f"{program}: command not found; check its spelling and PATH", exit_code=127) from None
    except (OSError, ValueError) as error:
        raise TempAccessError(f"{program}: can't be run ({error}); check the file's mode", exit_code=126) from None


def child_environment(environ: Mapping[str, str], session: CachedSession, local: dict[str, str]) -> dict[str, str]:
    """Return the command's environment: `environ` with the session's credentials in place of the caller's.

    `local` has the variables for the local AWS, which is used if there are any.
    """
    removed = set(_CALLER_VARIABLES)
    if local:
        from temp_access.local_aws.client import CONFLICTING_VARIABLES

        removed.update(CONFLICTING_VARIABLES)
    inherited = {
        name: value for name, value in environ.items() if name not in removed and not name.startswith(_BEARER_PREFIX)
    }
    region = {"AWS_REGION": session["region"], "AWS_DEFAULT_REGION": session["region"]}
    return {**inherited, **local, **region, **credential_variables(session)}

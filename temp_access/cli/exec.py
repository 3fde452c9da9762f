"""`temp-access exec`: run a command with borrowed credentials, and none of the caller's own."""

import argparse
import os
import signal
from typing import Any

from temp_access.cli.borrow_options import add_borrow_options, borrow
from temp_access.cli.credentials import variables
from temp_access.cli.local_target import client_environment
from temp_access.errors import TempAccessError

EXAMPLES = """\
examples (after `make demo`):
  temp-access exec bob --local -- aws sts get-caller-identity
  temp-access exec bob --local --access read --duration 1h -- env

The command takes this one's place: its exit code and the signals that it gets are its own.

exit code: the command's; 126 it can't be run, 127 it isn't there, 1 refused or not reachable, 2 bad input"""
# Each is a way to somebody's credentials; no child of ours gets the caller's.
_OWN = (
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
# With a service's name behind it, it wins over the keys there:
# https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html
_BEARER = "AWS_BEARER_TOKEN_"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_borrow_options(parser)
    parser.add_argument("words", nargs="+", metavar="COMMAND", help="the command and its arguments, after --")


def run(args: argparse.Namespace) -> int:
    """Borrow, and become the command."""
    words = args.words
    local = client_environment(args)
    # Taken before: borrowing from the local AWS puts more into this process's than a kept session does.
    environ = dict(os.environ)
    environment = child_environment(environ, borrow(args), local)
    # Python ignores these, and a command would inherit that: `yes | head` would never end.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(words[0], words, environment)  # noqa: S606 - this is what was asked for
    except FileNotFoundError:
        raise TempAccessError(f"{words[0]}: there is no such command", exit_code=127) from None
    except (OSError, ValueError) as error:
        raise TempAccessError(f"{words[0]}: can't be run ({error}); check its mode", exit_code=126) from None


def child_environment(environ: Any, entry: dict[str, Any], local: dict[str, str]) -> dict[str, str]:
    """Return the command's environment: `environ` without the caller's identity, with the session's."""
    kept = {name: value for name, value in environ.items() if name not in _OWN and not name.startswith(_BEARER)}
    region = {"AWS_REGION": entry["region"], "AWS_DEFAULT_REGION": entry["region"]}
    return {**kept, **local, **region, **variables(entry)}

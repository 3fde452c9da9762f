"""`temp-access exec`: run a command with borrowed credentials and without the caller's own."""

import argparse
import os
import signal
import time
from collections.abc import Mapping

from temp_access.borrow.cached_session import CachedSession, Share
from temp_access.cli.borrow_options import add_borrow_options, borrow, print_note
from temp_access.cli.credentials import credential_variables
from temp_access.cli.local_target import client_environment
from temp_access.config.table import format_duration
from temp_access.errors import TempAccessError

EXAMPLES = """\
examples (after `make demo`):
  temp-access exec bob --local -- aws sts get-caller-identity
  temp-access exec bob --local --access read --duration 1h -- env

The command replaces this process: signals reach it directly, and its exit code is returned. It can't renew the
session: a cached one is used only if at least half of it is left, or what --min-ttl says.

exit code: the command's; 126 it can't be run, 127 not found, 1 refused, 2 bad input, 3 a service gave no answer"""
# Every other variable of the AWS CLI and the SDKs could lead to the caller's own credentials, or will in some version:
# https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html. Several old tools read AWS_ACCESS_KEY and
# AWS_SECRET_KEY, and the file that AWS_SHARED_CREDENTIALS_FILE or AWS_CONFIG_FILE names has the caller's profiles.
_HANDED_OVER = frozenset(
    [
        "AWS_CA_BUNDLE",
        "AWS_CLI_AUTO_PROMPT",
        "AWS_CLI_FILE_ENCODING",
        "AWS_CLI_HISTORY_FILE",
        "AWS_DATA_PATH",
        "AWS_DEFAULTS_MODE",
        "AWS_DEFAULT_OUTPUT",
        "AWS_DEFAULT_REGION",
        "AWS_DISABLE_REQUEST_COMPRESSION",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_ENDPOINT_URL",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_MAX_ATTEMPTS",
        "AWS_PAGER",
        "AWS_REGION",
        "AWS_REQUEST_CHECKSUM_CALCULATION",
        "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
        "AWS_RESPONSE_CHECKSUM_VALIDATION",
        "AWS_RETRY_MODE",
        "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS",
        "AWS_S3_USE_ARN_REGION",
        "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT",
        "AWS_SDK_UA_APP_ID",
        "AWS_STS_REGIONAL_ENDPOINTS",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_USE_FIPS_ENDPOINT",
    ]
)
# Followed by a service's name: that service's endpoint.
_ENDPOINT_PREFIX = "AWS_ENDPOINT_URL_"
# The old library boto reads the caller's keys from the file that it names.
_OTHER_TOOLS = frozenset(("BOTO_CONFIG", "AMAZON_ACCESS_KEY_ID", "AMAZON_SECRET_ACCESS_KEY"))
# A note counts whole minutes; borrowing and starting the command take seconds.
_MINUTE = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    # The command keeps the session that it starts with.
    add_borrow_options(parser, Share.HALF)
    parser.add_argument("program", nargs="+", metavar="COMMAND", help="the command and its arguments, after --")


def run(args: argparse.Namespace) -> int:
    """Borrow, and replace this process by the command."""
    local = client_environment(args)
    # Copied before borrowing, which changes this process's environment for the local AWS.
    environ = dict(os.environ)
    session = borrow(args)
    if note := _duration_note(session, args.duration):
        print_note(note)
    environment = child_environment(environ, session, local)
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

    Of the variables that begin with AWS_, only those that can't lead to other credentials are handed over.

    `local` has the variables for the local AWS, which is used if there are any.
    """
    from temp_access.local_aws.client import CONFLICTING_VARIABLES

    inherited = {name: value for name, value in environ.items() if _is_handed_over(name)}
    for name in CONFLICTING_VARIABLES if local else ():
        inherited.pop(name, None)
    region = {"AWS_REGION": session["region"], "AWS_DEFAULT_REGION": session["region"]}
    return {**inherited, **local, **region, **credential_variables(session)}


def _duration_note(session: CachedSession, requested: int | None) -> str | None:
    """Return how long the session lasts, None if that is as long as the grant allows or was said already."""
    left, allowed = int(session["expires_at"] - time.time()), session["grant_duration"]
    is_new = left > session["duration"] - _MINUTE
    # The broker said that a limit shortens it, and which one.
    is_known = is_new and requested is None and session["duration"] < allowed
    if is_known or left > allowed - _MINUTE:
        return None
    expiration = session["credentials"]["Expiration"]
    minutes = round(left / _MINUTE)
    shown = format_duration(minutes * _MINUTE) if minutes else "less than a minute"
    return f"the session lasts {shown}, until {expiration}; the grant allows {format_duration(allowed)}"


def _is_handed_over(name: str) -> bool:
    if not name.upper().startswith("AWS_"):
        return name not in _OTHER_TOOLS
    return name in _HANDED_OVER or name.startswith(_ENDPOINT_PREFIX)

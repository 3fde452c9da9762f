"""`temp-access credentials`: temporary credentials for one grant, as variables or as JSON."""

import argparse
import json
import shlex

from temp_access.borrow.cached_session import CREDENTIAL_FIELDS, CachedSession
from temp_access.cli.borrow_options import add_borrow_options, borrow
from temp_access.cli.local_target import client_environment
from temp_access.cli.options import write_stdout

EXAMPLES = """\
examples (after `make demo`):
  temp-access credentials bob --local --format json
  temp-access credentials bob --local --format process --min-ttl 30m
  eval "$(temp-access credentials bob --local --duration 1h --access read)"
in an account:
  temp-access credentials bob --profile temp-user --env prod

formats:
  env      shell lines for eval
  json     the Credentials object, as `aws sts assume-role` prints it
  process  the output that an SDK expects of a credential_process (`temp-access profile` sets one up)

exit code: 0 success, 1 refused, 2 bad input or a missing prerequisite, 3 a service gave no answer"""
_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_borrow_options(parser)
    parser.add_argument(
        "--format", choices=("env", "json", "process"), default="env", help="the output format (default: env)"
    )


def run(args: argparse.Namespace) -> int:
    """Print the credentials, and nothing else, to standard output."""
    session = borrow(args, ask=args.format != "process")
    if args.format == "env":
        write_stdout(_shell_lines(session, client_environment(args)))
        return 0
    credentials = dict(zip(CREDENTIAL_FIELDS, _values(session), strict=True))
    if args.format == "json":
        write_stdout(json.dumps({"Credentials": credentials}, indent=4) + "\n")
    else:
        # https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
        write_stdout(json.dumps({"Version": 1, **credentials}) + "\n")
    return 0


def credential_variables(session: CachedSession) -> dict[str, str]:
    """Return the session's credentials as the environment variables that every SDK reads."""
    return dict(zip(_VARIABLES, _values(session), strict=True))


def _values(session: CachedSession) -> tuple[str, ...]:
    fields = session["credentials"]
    return fields["AccessKeyId"], fields["SecretAccessKey"], fields["SessionToken"], fields["Expiration"]


def _shell_lines(session: CachedSession, local: dict[str, str]) -> str:
    # In some SDKs, an inherited profile takes precedence over the keys.
    lines = ["unset AWS_PROFILE AWS_DEFAULT_PROFILE"]
    # Version 1 of the AWS CLI reads only AWS_DEFAULT_REGION.
    region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), session["region"])
    exported = {**local, **credential_variables(session), **region}
    lines += [f"export {name}={shlex.quote(value)}" for name, value in exported.items()]
    return "\n".join([*lines, ""])

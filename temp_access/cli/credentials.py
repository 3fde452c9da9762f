"""`temp-access credentials`: temporary credentials for one grant, as variables or as JSON."""

import argparse
import json
import shlex
from typing import Any

from temp_access.borrow.cached_session import CREDENTIAL_FIELDS
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

--format env prints lines for eval, json the Credentials of `aws sts assume-role`, and process the document
that an SDK expects of a credential_process (`temp-access profile` sets that up).

exit code: 0 fine, 1 refused or not reachable, 2 bad input, or something is missing"""
_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_borrow_options(parser)
    parser.add_argument("--format", choices=("env", "json", "process"), default="env", help="default: env")


def run(args: argparse.Namespace) -> int:
    """Print the credentials, and nothing else, on standard output."""
    entry = borrow(args, ask=args.format != "process")
    if args.format == "env":
        write_stdout(_env(entry, client_environment(args)))
    else:
        write_stdout(_json(entry) if args.format == "json" else _process(entry))
    return 0


def variables(entry: dict[str, Any]) -> dict[str, str]:
    """Return the session as the variables that every SDK reads."""
    return dict(zip(_VARIABLES, (entry["credentials"][part] for part in CREDENTIAL_FIELDS), strict=True))


def _env(entry: dict[str, Any], local: dict[str, str]) -> str:
    # An inherited profile would win over the keys in some SDKs.
    lines = ["unset AWS_PROFILE AWS_DEFAULT_PROFILE"]
    # The first AWS CLI reads only the second of them.
    region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), entry["region"])
    exported = {**local, **variables(entry), **region}
    lines += [f"export {name}={shlex.quote(value)}" for name, value in exported.items()]
    return "\n".join([*lines, ""])


def _json(entry: dict[str, Any]) -> str:
    return (
        json.dumps({"Credentials": {part: entry["credentials"][part] for part in CREDENTIAL_FIELDS}}, indent=4) + "\n"
    )


def _process(entry: dict[str, Any]) -> str:
    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    return json.dumps({"Version": 1, **{part: entry["credentials"][part] for part in CREDENTIAL_FIELDS}}) + "\n"

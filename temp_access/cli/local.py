"""`temp-access local`: the local AWS, to try everything out without an account."""

import argparse
import json
import os
import shlex
import sys
from pathlib import Path

from temp_access.cli.options import write_stdout
from temp_access.errors import UserError
from temp_access.local_aws import control
from temp_access.local_aws.issuers import place_issuer
from temp_access.local_aws.state_dir import DEFAULT_PORT, DEFAULT_STATE
from temp_access.local_aws.user_key import user_environment

_LAST_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands start, stop, status, env and issuer."""
    commands = parser.add_subparsers(dest="local_command", required=True, metavar="start|stop|status|env|issuer")
    start = commands.add_parser("start", help="start the local AWS, and return when it is ready")
    start.add_argument(
        "--port", help=f"the port on 127.0.0.1 (default: the previous one, or the first free one from {DEFAULT_PORT})"
    )
    start.add_argument("--fresh", action="store_true", help="delete its state first")
    stop = commands.add_parser("stop", help="stop it; its state is kept for the next start")
    status = commands.add_parser("status", help="show whether it runs, and its URL")
    status.add_argument("--json", action="store_true", help="print the status as JSON")
    env = commands.add_parser("env", help="print the environment variables for clients, including a secret access key")
    env.add_argument(
        "--format",
        choices=("shell", "json"),
        default="shell",
        help="shell lines for eval, or a JSON object (default: shell)",
    )
    env.add_argument("--user", metavar="NAME", help="use an access key of this deployed user (default: the deployer's)")
    issuer = commands.add_parser("issuer", help="say where on this machine an OpenID provider's documents are")
    issuer.add_argument("issuer", metavar="ISSUER", help="the issuer in its tokens, as https://openid.example.com")
    issuer.add_argument("url", metavar="URL", help="the URL at which it listens, as http://127.0.0.1:9000")
    issuer.add_argument(
        "--ca-file", type=Path, metavar="FILE", help="for https://, the certificate of its certificate's issuer"
    )
    for command in (start, stop, status, env, issuer):
        command.add_argument(
            "--state",
            type=Path,
            default=DEFAULT_STATE,
            metavar="DIR",
            help="the state folder (default: %(default)s)",
        )


def run(args: argparse.Namespace) -> int:
    """Run the subcommand, and return the exit code."""
    actions = {"start": _start, "stop": _stop, "status": _status, "env": _env, "issuer": _issuer}
    return actions[args.local_command](args)


def _start(args: argparse.Namespace) -> int:
    if sys.stderr.isatty():
        sys.stderr.write("starting the local AWS ...\n")
    # `make demo` sets it, so that a message names make's option.
    option = os.environ.get("TEMP_ACCESS_PORT_OPTION", "--port")
    instance = control.start(args.state, _port(args.port, option), args.fresh, port_option=option)
    verb = "already runs" if instance.already_running else "runs"
    print(f"the local AWS {verb} at {instance.url}")
    if sys.stderr.isatty():
        sys.stderr.write('use it in this shell with: eval "$(temp-access local env)"\n')
    return 0


def _port(port: str | None, option: str) -> int | None:
    """Return the port as a number; raises UserError if it isn't one."""
    if port is None:
        return None
    if not (port.isascii() and port.isdigit()) or int(port) > _LAST_PORT:
        raise UserError(f"port {port!r} isn't a number from 0 to {_LAST_PORT}: pass a free one with {option}")
    return int(port)


def _stop(args: argparse.Namespace) -> int:
    print("stopped the local AWS" if control.stop(args.state) else "no local AWS was running")
    return 0


def _status(args: argparse.Namespace) -> int:
    status = control.status(args.state)
    if args.json:
        fields = {"running": status.running, "url": status.url, "pid": status.pid, "state": str(status.state_dir)}
        print(json.dumps(fields))
    else:
        print(f"the local AWS runs at {status.url}" if status.running else "no local AWS runs")
    return 0


def _env(args: argparse.Namespace) -> int:
    variables = user_environment(args.state, args.user) if args.user else control.environment(args.state)
    if args.format == "json":
        unset = list(control.CONFLICTING_VARIABLES)
        write_stdout(json.dumps({"set": variables, "unset": unset}, indent=1) + "\n")
        return 0
    lines = [f"unset {name}" for name in control.CONFLICTING_VARIABLES]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    write_stdout("\n".join([*lines, ""]))
    return 0


def _issuer(args: argparse.Namespace) -> int:
    place_issuer(args.state, args.issuer, args.url, args.ca_file)
    print(f"the local AWS looks for the documents of {args.issuer} at {args.url}")
    return 0

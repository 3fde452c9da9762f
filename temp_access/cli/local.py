"""The command `temp-access local`: an AWS on this machine, to try things out without an account."""

import argparse
import json
import os
import shlex
import sys
from pathlib import Path

from temp_access.errors import UserError
from temp_access.local_aws import control
from temp_access.local_aws.state_dir import DEFAULT_PORT, DEFAULT_STATE
from temp_access.local_aws.user_key import user_environment

_LAST_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define start, stop, status and env."""
    commands = parser.add_subparsers(dest="local_command", required=True, metavar="start|stop|status|env")
    start = commands.add_parser("start", help="start it, and return when it answers")
    start.add_argument(
        "--port", help=f"the port on 127.0.0.1 (default: that of the last start, or the first free from {DEFAULT_PORT})"
    )
    start.add_argument("--fresh", action="store_true", help="forget everything that was made in it before")
    stop = commands.add_parser("stop", help="end it; what was made in it stays for the next start")
    status = commands.add_parser("status", help="say whether it runs, and where")
    status.add_argument("--json", action="store_true", help="print one JSON object")
    env = commands.add_parser("env", help="print the environment for clients (it holds the local secret key)")
    env.add_argument("--format", choices=("shell", "json"), default="shell", help="lines for eval, or one JSON object")
    env.add_argument("--user", metavar="NAME", help="with a key of this deployed user (default: the deployer's)")
    for command in (start, stop, status, env):
        command.add_argument(
            "--state",
            type=Path,
            default=DEFAULT_STATE,
            metavar="DIR",
            help="its state folder (default: %(default)s)",
        )


def run(args: argparse.Namespace) -> int:
    """Do what was asked, and return the exit code."""
    actions = {"start": _start, "stop": _stop, "status": _status, "env": _env}
    return actions[args.local_command](args)


def _start(args: argparse.Namespace) -> int:
    if sys.stderr.isatty():
        sys.stderr.write("starting the local AWS ...\n")
    # `make demo` sets it, so that a message names what was typed.
    option = os.environ.get("TEMP_ACCESS_PORT_OPTION", "--port")
    instance = control.start(args.state, _port(args.port, option), args.fresh, port_option=option)
    state = "already runs" if instance.already_running else "runs"
    print(f"the local AWS {state} at {instance.url}")
    if sys.stderr.isatty():
        sys.stderr.write('use it in this shell with: eval "$(temp-access local env)"\n')
    return 0


def _port(text: str | None, option: str) -> int | None:
    """Return the port as a number; raises UserError if it isn't one."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) > _LAST_PORT:
        raise UserError(f"port {text!r} isn't a number from 0 to {_LAST_PORT}: pass a free one with {option}")
    return int(text)


def _stop(args: argparse.Namespace) -> int:
    print("the local AWS has ended" if control.stop(args.state) else "no local AWS was running")
    return 0


def _status(args: argparse.Namespace) -> int:
    found = control.status(args.state)
    if args.json:
        about = {"running": found.running, "url": found.url, "pid": found.pid, "state": str(found.state_dir)}
        print(json.dumps(about))
    else:
        print(f"the local AWS runs at {found.url}" if found.running else "no local AWS runs")
    return 0


def _env(args: argparse.Namespace) -> int:
    variables = user_environment(args.state, args.user) if args.user else control.environment(args.state)
    if args.format == "json":
        print(json.dumps({"set": variables, "unset": list(control.CONFLICTING_VARIABLES)}, indent=1))
        return 0
    for name in control.CONFLICTING_VARIABLES:
        print(f"unset {name}")
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0

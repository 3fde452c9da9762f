"""The command `temp-access local`: an AWS on this machine, to try things out without an account."""

import argparse
import json
import shlex
import sys
from pathlib import Path

from temp_access.local_aws import control
from temp_access.local_aws.state_dir import DEFAULT_PORT, DEFAULT_STATE
from temp_access.local_aws.user_key import user_environment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define start, stop, status and env."""
    commands = parser.add_subparsers(dest="local_command", required=True, metavar="start|stop|status|env")
    start = commands.add_parser("start", help="start it, and return when it answers")
    start.add_argument("--port", type=int, help=f"the port on 127.0.0.1 (default: the last one, or {DEFAULT_PORT})")
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
    instance = control.start(args.state, args.port, args.fresh)
    state = "already runs" if instance.already_running else "runs"
    print(f"the local AWS {state} at {instance.url}")
    if sys.stderr.isatty():
        sys.stderr.write('use it in this shell with: eval "$(temp-access local env)"\n')
    return 0


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

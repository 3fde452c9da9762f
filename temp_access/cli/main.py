"""The command `temp-access`: one small file for each sub-command, imported only when it is asked for."""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence

from temp_access.errors import TempAccessError

# name: one line of help. The module of the same name has add_arguments() and run().
COMMANDS = {
    "deploy": "deploy the stacks, after saying which account and Region",
    "verify": "prove what borrowed credentials can and can't do",
    "destroy": "remove what was deployed",
    "local": "start, stop and use the embedded AWS",
}


def run() -> None:
    """Run the command line of this process and exit with its code."""
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run `arguments` and return the exit code: 0 fine, 1 the check failed, 2 bad input, 3 inconclusive."""
    parser = argparse.ArgumentParser(
        prog="temp-access",
        description="One reviewed file, access.toml, says who may borrow what; this deploys and verifies it.",
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, formatter_class=argparse.RawDescriptionHelpFormatter)
        if name == wanted:
            module = importlib.import_module(f"temp_access.cli.{name}")
            command.description, command.epilog = summary, getattr(module, "EXAMPLES", None)
            module.add_arguments(command)
    args = parser.parse_args(arguments)
    try:
        return int(importlib.import_module(f"temp_access.cli.{args.command}").run(args))
    except TempAccessError as error:
        if args.debug:
            raise
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _interrupt(signal_number: int, frame: object) -> None:
    raise KeyboardInterrupt

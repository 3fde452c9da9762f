"""The command `temp-access`: one small file for each sub-command, imported only when it is asked for."""

import argparse
import errno
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence

from temp_access.errors import TempAccessError

# name: one line of help. The module of the same name has add_arguments() and run().
COMMANDS = {
    "deploy": "deploy the stacks, after saying which account and Region",
    "verify": "prove what borrowed credentials can and can't do",
    "credentials": "borrow temporary credentials for one grant",
    "exec": "run a command with borrowed credentials in its environment",
    "profile": "write a profile that borrows by itself into ~/.aws/config",
    "console": "make a URL that signs in to the AWS console, at a borrower's folder",
    "revoke": "deny sessions that were borrowed before now, and prove it",
    "policy": "show the session policy that a grant is sent",
    "status": "say who the credentials at hand are, and which sessions are kept",
    "forget": "drop the sessions that are kept",
    "explain": "say what an error of STS, IAM or S3 means, and what to do",
    "prove": "prove for all ids that sessions are isolated and useful, and nothing goes round them",
    "simulate": "run cases with known answers through the evaluator",
    "can": "say whether somebody may do something, and why",
    "review": "say what a change of the templates lets whom do, and no longer do",
    "lint": "find faults in the policies of the synthesized templates",
    "destroy": "remove what was deployed",
    "local": "start, stop and use the embedded AWS",
    "completion": "print the completion script for bash, zsh or fish",
}


def run() -> None:
    """Run the command line of this process and exit with its code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Ignored under nohup, and then it stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # As standard error does: a terminal that lacks a character gets its number.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = 130
    sys.exit(code)


def main(arguments: Sequence[str]) -> int:
    """Run `arguments` and return the exit code: 0 fine, 1 the check failed, 2 bad input, 3 inconclusive."""
    if "_ARGCOMPLETE" in os.environ:
        from temp_access.cli.completion import answer

        answer(make_parser)
    args = _parse(arguments)
    try:
        return int(importlib.import_module(f"temp_access.cli.{args.command}").run(args))
    except TempAccessError as error:
        if args.debug:
            raise
        print(error, file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output has gone; nothing more can be said to it.
        _drop_output()
        return 128 + signal.SIGPIPE
    except Exception as error:
        sentence = None if args.debug else _of_a_full_disk(error) or _of_the_service(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        return 3


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = make_parser(arguments)
    if not arguments:
        parser.print_help(sys.stderr)
        parser.exit(2)
    args, unknown = parser.parse_known_args(arguments)
    if unknown:
        # argparse's own error shows the usage without a command's options, of which one was meant.
        command = f"temp-access {args.command}"
        parser.exit(2, f"{command}: unrecognized arguments: {' '.join(unknown)}; see {command} --help\n")
    return args


def make_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser for `arguments`: with every command, and the options of the one that they name."""
    parser = argparse.ArgumentParser(
        prog="temp-access",
        description="One reviewed file, access.toml, says who may borrow what; this deploys and verifies it.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, formatter_class=argparse.RawDescriptionHelpFormatter)
        if name == wanted:
            module = importlib.import_module(f"temp_access.cli.{name}")
            command.description, command.epilog = summary, getattr(module, "EXAMPLES", None)
            module.add_arguments(command)
    return parser


class _Version(argparse.Action):
    """Looked up only when it is asked for: that costs more than a whole cached call."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"temp-access {version('temp-access')}")
        parser.exit()


def _of_a_full_disk(error: Exception) -> str | None:
    """Return what to say where there is no room to write, None for any other error."""
    if not isinstance(error, OSError) or error.errno != errno.ENOSPC:
        return None
    if error.filename is None:
        _drop_output()
    return f"{error.filename or 'the output'} can't be written: {error.strerror}; make room and try again"


def _drop_output() -> None:
    # What is left in the buffer would fail again at exit, with a traceback.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _of_the_service(error: Exception) -> str | None:
    """Return what to say of an error of boto3, None for any other."""
    # Whoever never called a service hasn't loaded it, and shouldn't for this.
    known = sys.modules.get("botocore.exceptions")
    if known is None:
        return None
    if isinstance(error, known.ClientError):
        return f"the service refused a call that this command can't do without: {error}"
    if isinstance(error, known.BotoCoreError):
        return f"the service can't be reached: {error}"
    return None


def _interrupt(signal_number: int, frame: object) -> None:
    raise KeyboardInterrupt

"""The command `temp-access`: each subcommand is a module of this package, imported only when it runs."""

import argparse
import errno
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from temp_access.cli.options import check_paths
from temp_access.cli.streams import drop_output, output_error, use_standard_streams
from temp_access.errors import TempAccessError
from temp_access.private_folders import home_folder

# name: its line in --help. The module of the same name has add_arguments() and run().
COMMANDS = {
    "deploy": "deploy the stacks, after showing the account and Region",
    "verify": "check with real calls what borrowed credentials can and can't do",
    "credentials": "borrow temporary credentials for one grant",
    "exec": "run a command with borrowed credentials",
    "profile": "write a profile to ~/.aws/config that borrows by itself",
    "console": "create a URL that signs in to the AWS console, at a grant's folder",
    "revoke": "deny the sessions that were borrowed before now, and prove that it worked",
    "policy": "show the session policy of a grant",
    "status": "show the current identity and the cached sessions",
    "forget": "delete cached sessions",
    "explain": "explain an error of STS, IAM or S3 and how to fix it",
    "prove": "prove for all ids that sessions are isolated and useful, and that no policy bypasses them",
    "simulate": "evaluate test cases with known results",
    "can": "show whether a principal can do an action, and why",
    "who": "show everybody who can do an action, and by which role and statement",
    "review": "show who gains and loses access",
    "lint": "find mistakes in the policies of the synthesized templates",
    "destroy": "delete the deployed stacks",
    "local": "start, stop and use the local AWS",
    "completion": "print the completion script for bash, zsh or fish",
}

# The exit code of these answers a question, or tells what was done; their output only explains it.
_VERDICTS = (
    "verify",
    "prove",
    "review",
    "lint",
    "can",
    "who",
    "simulate",
    "revoke",
    "deploy",
    "destroy",
    "profile",
    "local",
)


def run() -> None:
    """Run the command line of this process and exit with its code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        # nohup ignores SIGHUP; it stays ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    use_standard_streams()
    try:
        code = _exit_code(sys.argv[1:])
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = 130
    sys.exit(code)


def _exit_code(arguments: Sequence[str]) -> int:
    """Run `arguments` and return the exit code, also if the output can't be written."""
    try:
        code = main(arguments)
        error = output_error()
    except SystemExit as ended:
        # Of argparse, after a message, the help or the version.
        code, error = ended.code if isinstance(ended.code, int) else 1, None
        with suppress(BrokenPipeError):
            error = output_error()
    except BrokenPipeError:
        return _broken_pipe()
    if error is None:
        return code
    remedy = "free some space and try again" if error.errno == errno.ENOSPC else "redirect it elsewhere"
    print(f"the output can't be written: {error.strerror}; {remedy}", file=sys.stderr)
    # A verdict is an answer without its report; a missing output is none.
    return code if code or _command(arguments) in _VERDICTS else 3


def main(arguments: Sequence[str]) -> int:
    """Run `arguments` and return the exit code: 0 success, 1 the check failed, 2 bad input, 3 inconclusive."""
    if "_ARGCOMPLETE" in os.environ:
        from temp_access.cli.completion import answer

        answer(make_parser)
    args = _parse(arguments)
    if getattr(args, "time_limit", None) is not None:
        from temp_access.aws.patience import PATIENCE

        PATIENCE.start(args.time_limit)
    try:
        _require_home()
        check_paths(args)
        return int(importlib.import_module(f"temp_access.cli.{args.command}").run(args))
    except TempAccessError as error:
        _print_error(args, str(error))
        return error.exit_code
    except BrokenPipeError:
        return _broken_pipe()
    except Exception as error:
        # Whatever it is, it says nothing about what was checked.
        message = _disk_full_message(error) or _service_error_message(error) or _unexpected_message(args, error)
        _print_error(args, message)
        return 3
    finally:
        _print_clock_note()


def _broken_pipe() -> int:
    # Nobody reads the output any more.
    drop_output(sys.stdout.fileno())
    return 128 + signal.SIGPIPE


def _require_home() -> None:
    """Raise UserError if the home folder isn't known: botocore and others would use files of the working folder."""
    if not os.path.isabs(os.path.expanduser("~")):
        home_folder(os.environ)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = make_parser(arguments)
    if not arguments:
        parser.print_help(sys.stderr)
        parser.exit(2)
    args, unknown = parser.parse_known_args(arguments)
    if unknown:
        # argparse's own error shows the usage without the command's options.
        command = f"temp-access {args.command}"
        parser.exit(2, f"{command}: unrecognized arguments: {' '.join(unknown)}; see {command} --help\n")
    return args


def make_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser with every command, and with the options of the command that `arguments` name.

    If they begin with a command, it is the only one: making the others takes longer than to read a cached session.
    """
    parser = argparse.ArgumentParser(
        prog="temp-access",
        description="Lend temporary AWS credentials for folders of an S3 bucket, as granted in access.toml.",
        formatter_class=_Formatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error (pass it before COMMAND)")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = _command(arguments)
    needed = {chosen: COMMANDS[chosen]} if chosen in COMMANDS and chosen == arguments[0] else COMMANDS
    for name, summary in needed.items():
        command = commands.add_parser(name, help=summary, formatter_class=_CommandFormatter)
        if name == chosen:
            module = importlib.import_module(f"temp_access.cli.{name}")
            command.description, command.epilog = summary, getattr(module, "EXAMPLES", None)
            module.add_arguments(command)
    return parser


def _command(arguments: Sequence[str]) -> str | None:
    return next((argument for argument in arguments if not argument.startswith("-")), None)


class _Formatter(argparse.HelpFormatter):
    """Formats help as wide as the terminal, without the import of shutil: argparse makes one for each option."""

    def __init__(
        self, prog: str, indent_increment: int = 2, max_help_position: int = 24, width: int | None = None
    ) -> None:
        super().__init__(prog, indent_increment, max_help_position, _terminal_width() - 2 if width is None else width)


class _CommandFormatter(_Formatter, argparse.RawDescriptionHelpFormatter):
    """Formats a command's help: its examples keep their lines."""


def _terminal_width() -> int:
    # As shutil.get_terminal_size() finds it.
    try:
        columns = int(os.environ.get("COLUMNS", "0"))
    except ValueError:
        columns = 0
    if columns <= 0 and sys.__stdout__ is not None:
        with suppress(OSError, ValueError):
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns
    return columns if columns > 0 else 80


class _Version(argparse.Action):
    """Prints the version; looking it up takes longer than a whole cached call, so that happens only here."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"temp-access {version('temp-access')}")
        parser.exit()


def _print_error(args: argparse.Namespace, message: str) -> None:
    """Print the error that is being handled: its message, and with --debug its traceback before it."""
    if args.debug:
        import traceback

        traceback.print_exc()
    print(message, file=sys.stderr)


def _print_clock_note() -> None:
    # A command that called no service hasn't imported it.
    patience = sys.modules.get("temp_access.aws.patience")
    if patience and (note := patience.PATIENCE.take_clock_note()):
        print(f"note: {note}", file=sys.stderr)


def _unexpected_message(args: argparse.Namespace, error: Exception) -> str:
    from temp_access.terminal_text import escape_control, redact

    reason = escape_control(redact(" ".join(str(error).split())))[:300]
    return (
        f"{args.command} ended at an error that nobody expected, so its result is unknown "
        f"({type(error).__name__}{f': {reason}' if reason else ''}); this is a bug in temp-access: please report it "
        f"with the traceback that `temp-access --debug {args.command} …` shows"
    )


def _disk_full_message(error: Exception) -> str | None:
    """Return the message for an error of a full disk, None for any other error."""
    if not isinstance(error, OSError) or error.errno != errno.ENOSPC:
        return None
    return f"{error.filename or 'the output'} can't be written: {error.strerror}; free some space and try again"


def _service_error_message(error: Exception) -> str | None:
    """Return the message for an error of botocore, None for any other error."""
    # A command that called no service hasn't imported botocore, and needn't for this.
    exceptions = sys.modules.get("botocore.exceptions")
    if exceptions is None:
        return None
    if isinstance(error, exceptions.ClientError):
        from temp_access.aws.answers import is_no_answer
        from temp_access.error_guide.guide import summarize_client_error

        what = "gave no answer to" if is_no_answer(error) else "refused"
        return f"the service {what} a call that this command needs: {error}{summarize_client_error(error)}"
    if isinstance(error, exceptions.BotoCoreError):
        from temp_access.aws.errors import from_connection_error

        return str(from_connection_error(error))
    if isinstance(error, RuntimeError) and "refreshed credentials are still expired" in str(error):
        from temp_access.aws.configuration_errors import problem_of

        problem = problem_of(error)
        return f"{problem.what}; {problem.remedy}"
    return None


def _interrupt(signal_number: int, frame: object) -> None:
    raise KeyboardInterrupt

"""`temp-access status`: who the credentials at hand are, what they may borrow, and what is kept."""

import argparse
import os
import time
from typing import TYPE_CHECKING, Any

from temp_access.borrow.cache import Cache, cache_folder
from temp_access.borrow.cached_session import is_fresh, server_restarted
from temp_access.cli.borrow_options import add_identity_options
from temp_access.cli.local_target import caller_identity, open_broker
from temp_access.cli.options import load_config, write_stdout

if TYPE_CHECKING:
    from temp_access.config.model import Config


EXAMPLES = """\
examples (after `make demo`):
  temp-access status --local
in an account:
  temp-access status --profile temp-user

exit code: 0 these credentials may assume the role, 1 they may not, 2 bad input"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_identity_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print it."""
    config = load_config(args)
    lines, fine = _identity(args, config)
    lines += ["", *_sessions(Cache(cache_folder(os.environ)))]
    write_stdout("\n".join(lines) + "\n")
    return 0 if fine else 1


def _identity(args: argparse.Namespace, config: "Config") -> tuple[list[str], bool]:
    from temp_access.borrow.assume_check import check_assume_role, grant_from_session_name, who_is
    from temp_access.borrow.session_store import NullStore
    from temp_access.errors import TempAccessError

    try:
        base = caller_identity(args, config)
        caller = who_is(base)
    except TempAccessError as error:
        return [f"credentials: none ({error})"], False
    lines = [f"credentials: {caller} ({base.name})"]
    if grant := grant_from_session_name(config, caller):
        lines.append(f"grant:       {grant}")
    try:
        vendor = open_broker(args, NullStore(), config)
        role = check_assume_role(vendor, role_arn=args.role_arn, bucket=args.bucket)
    except TempAccessError as error:
        return [*lines, f"the role:    may not be assumed: {error}"], False
    lines.append(f"the role:    {role.arn} may be assumed")
    if role.config_mismatch:
        lines.append(f"note:        {role.config_mismatch}")
    return lines, True


def _sessions(cache: Cache) -> list[str]:
    for key, entry in cache.entries("sessions"):
        if server_restarted(entry):
            cache.remove("sessions", key)
    kept = sorted((entry for _, entry in cache.entries("sessions")), key=lambda entry: str(entry.get("grant")))
    alive = [entry for entry in kept if is_fresh(entry, 0)]
    if not alive:
        return ["no sessions are kept"]
    return ["kept sessions:", *(f"  {_line(entry)}" for entry in alive)]


def _line(entry: dict[str, Any]) -> str:
    left = int(entry["until"] - time.time())
    key = str(entry.get("credentials", {}).get("AccessKeyId", ""))[-4:]
    shown = f"{left // 3600}h{left % 3600 // 60:02}m"
    return f"{entry.get('grant')}  {entry.get('access')}  …{key}  {shown} left  {entry.get('role')}"

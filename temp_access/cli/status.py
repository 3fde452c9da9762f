"""`temp-access status`: the current identity, the bucket, whether the role can be assumed, and cached sessions."""

import argparse
import os
import time
from typing import TYPE_CHECKING

from temp_access.borrow.cache import Cache, cache_folder
from temp_access.borrow.cached_session import CachedSession, is_fresh, server_restarted
from temp_access.cli.borrow_options import add_identity_options, add_mfa_options, add_token_option, mfa_of
from temp_access.cli.local_target import account_of, caller_identity, open_broker
from temp_access.cli.options import load_config, write_stdout

if TYPE_CHECKING:
    from temp_access.borrow.assume import Mfa
    from temp_access.borrow.broker import CredentialBroker, CredentialRequest
    from temp_access.config.model import Config, Grant
    from temp_access.errors import TempAccessError


EXAMPLES = """\
examples (after `make demo`):
  temp-access status --local
in an account:
  temp-access status --profile temp-user

For a borrower of grants with roles of their own, these roles are tried.

exit code: 0 the current identity can assume the role, 1 it can't, 2 bad input, 3 a service gave no answer"""

# Roles of grants that are tried: each one costs two calls.
_CHECKED = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_mfa_options(parser)
    add_token_option(parser)
    add_identity_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print the identity, the bucket and the sessions, and return the exit code."""
    config = load_config(args)
    lines, code = _identity(args, config)
    lines += ["", *_sessions(Cache(cache_folder(os.environ)))]
    write_stdout("\n".join(lines) + "\n")
    return code


def _identity(args: argparse.Namespace, config: "Config") -> tuple[list[str], int]:
    """Return the lines about the identity, and the exit code."""
    from temp_access.borrow.assume_check import check_assume_role, grant_from_session_name
    from temp_access.borrow.borrowers import borrowed_by
    from temp_access.borrow.broker import CredentialRequest
    from temp_access.borrow.session_store import NullStore
    from temp_access.errors import TempAccessError

    try:
        identity = caller_identity(args, config)
        caller = identity.arn
    except TempAccessError as error:
        return [f"credentials: none ({error})"], _code(error)
    lines = [f"credentials: {caller} ({identity.name})"]
    if caller.startswith("arn:") and (grant := grant_from_session_name(config, caller)):
        lines.append(f"grant:       {grant}")
    mfa = mfa_of(args)
    try:
        broker = open_broker(args, NullStore(), config)
        account = account_of(args, config, None)
        own = borrowed_by(config, identity, caller, account or config.environment.account)
        if own:
            return _own_roles(lines, broker, own, CredentialRequest("", bucket=args.bucket, account=account), mfa)
        if args.web_identity_token_file:
            return [*lines, "role:        can't be assumed: no grant has this token's subject as a borrower"], 1
        role, _ = broker.role(CredentialRequest("", role_arn=args.role_arn, bucket=args.bucket))
        lines.append(f"bucket:      {role.bucket}")
        check_assume_role(broker, role, mfa)
    except TempAccessError as error:
        state = "unknown" if error.exit_code == 3 else "can't be assumed"
        return [*lines, f"role:        {state}: {error}"], _code(error)
    lines.append(f"role:        {role.arn} can be assumed")
    if role.config_mismatch:
        lines.append(f"note:        {role.config_mismatch}")
    return lines, 0


def _own_roles(
    lines: list[str], broker: "CredentialBroker", grants: "list[Grant]", request: "CredentialRequest", mfa: "Mfa | None"
) -> tuple[list[str], int]:
    """Return the lines about the roles of grants that the caller is a borrower of, and the exit code."""
    from temp_access.borrow.assume_check import check_assume_role
    from temp_access.errors import TempAccessError

    codes: set[int] = set()
    lines = [*lines, f"borrower of: {', '.join(grant.id for grant in grants)}"]
    for grant in grants[:_CHECKED]:
        try:
            role, _ = broker.role(request, grant)
            if role.bucket and not codes and grant is grants[0]:
                lines.append(f"bucket:      {role.bucket}")
            check_assume_role(broker, role, mfa, grant)
        except TempAccessError as error:
            state = "unknown" if error.exit_code == 3 else "can't be assumed"
            lines.append(f"role:        {state} ({grant.id}): {error}")
            codes.add(_code(error))
        else:
            lines.append(f"role:        {role.arn} can be assumed ({grant.id})")
            if role.config_mismatch:
                lines.append(f"note:        {role.config_mismatch}")
    if len(grants) > _CHECKED:
        lines.append(f"note:        {len(grants) - _CHECKED} more roles weren't tried")
    return lines, 1 if 1 in codes else max(codes, default=0)


def _code(error: "TempAccessError") -> int:
    # Only a service that answered has refused.
    return 3 if error.exit_code == 3 else 1


def _sessions(cache: Cache) -> list[str]:
    sessions = []
    for key, session in cache.entries("sessions"):
        if server_restarted(session):
            cache.remove("sessions", key)
        elif is_fresh(session, 0):
            sessions.append(session)
    if not sessions:
        return ["no cached sessions"]
    return ["cached sessions:", *(f"  {_line(session)}" for session in sorted(sessions, key=lambda s: s["grant"]))]


def _line(session: CachedSession) -> str:
    left = int(session["expires_at"] - time.time())
    key = session["credentials"]["AccessKeyId"][-4:]
    time_left = f"{left // 3600}h{left % 3600 // 60:02}m"
    folder = f"s3://{session['bucket']}/{session['folder']}/"
    return f"{session['grant']}  {session['access']}  …{key}  {time_left} left  {folder}  {session['role']}"

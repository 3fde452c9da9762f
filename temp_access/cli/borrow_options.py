"""What every borrowing command shares."""

import argparse
import os
import re
import sys
import time
from typing import TYPE_CHECKING, Any

from temp_access.borrow.cache import Cache, cache_folder
from temp_access.borrow.cached_session import file_digests, find_cached_session, input_files, request_key
from temp_access.cli.options import (
    add_aws_options,
    add_config_options,
    duration_argument,
    load_config,
    role_arn_argument,
)
from temp_access.errors import UserError

if TYPE_CHECKING:
    from temp_access.borrow.broker import BrokeredSession, Mfa
    from temp_access.borrow.session_store import SessionStore
    from temp_access.config.model import Config


def add_identity_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which access.toml, whose credentials and which role: --config to --bucket."""
    add_config_options(parser)
    parser.add_argument("--profile", help="temp-user's credentials (default: as the AWS CLI finds them)")
    add_aws_options(parser)
    parser.add_argument(
        "--role-arn", type=role_arn_argument, metavar="ARN", help="the role, where it can't be looked up"
    )
    parser.add_argument("--bucket", metavar="NAME", help="its bucket, where it can't be looked up")


def add_borrow_options(parser: argparse.ArgumentParser) -> None:
    """Add the grant's id, and the options that say what to borrow: --duration to --mfa-code."""
    parser.add_argument("id", metavar="ID", help="a grant's id, or one that [any_id] admits")
    parser.add_argument(
        "--duration", type=duration_argument, metavar="TIME", help="like 1h (default: the longest allowed)"
    )
    parser.add_argument("--access", metavar="MODE", help="less than the grant's: list, read, write, read-write")
    parser.add_argument(
        "--min-ttl",
        type=duration_argument,
        metavar="TIME",
        help="what a kept session must have left (15m, or half of it)",
    )
    parser.add_argument("--no-cache", action="store_true", help="neither use nor keep a session")
    parser.add_argument("--mfa-serial", metavar="ARN", help="the MFA device, if the role asks for MFA")
    parser.add_argument("--mfa-code", metavar="CODE", help="its present code (asked for in a terminal)")
    add_identity_options(parser)


def borrow(args: argparse.Namespace, *, ask: bool = True) -> dict[str, Any]:
    """Return the session that `args` ask for, as the cache keeps it, with its notes said on stderr.

    `ask` False never asks for an MFA code. Raises BorrowError and ConfigError.
    """
    cache = Cache(cache_folder(os.environ))
    key = request_key(_request_fields(args), os.environ)
    hit = None if args.no_cache else find_cached_session(cache, key, args.min_ttl)
    entry, notes = hit or _borrowed(args, cache, key, ask)
    for note in notes:
        print_note(note)
    return entry


def print_note(note: str) -> None:
    """Tell the user something on stderr, if anybody listens."""
    try:
        print(f"note: {note}", file=sys.stderr)
    except OSError:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the rest of the process


def _borrowed(args: argparse.Namespace, cache: Cache, key: str, ask: bool) -> tuple[dict[str, Any], list[str]]:
    from temp_access.borrow.session_store import NullStore, SessionStore

    store = NullStore() if args.no_cache else SessionStore(cache, print_note)
    began = time.time()
    # Whoever waits here for somebody who asks for the same hasn't imported anything heavy yet.
    with store.locked("requests", key):
        hit = None if args.no_cache else find_cached_session(cache, key, args.min_ttl, since=began)
        if hit:
            return hit
        # Read before access.toml is: whatever changes from here on is a miss for the next one.
        files = file_digests([str(args.config.absolute()), *input_files(os.environ, _state(args))])
        config = load_config(args)
        vended = _vended(args, store, config, ask)
        files |= file_digests(str(path.absolute()) for path in config.files[1:])
        about = {"files": files, "session": vended.key, "notes": vended.notes, "until": vended.session["until"]}
        store.write("requests", key, about)
    return dict(vended.session), list(vended.notes)


def _vended(args: argparse.Namespace, store: "SessionStore", config: "Config", ask: bool) -> "BrokeredSession":
    from temp_access.aws.errors import NoCredentials
    from temp_access.borrow.broker import CredentialRequest
    from temp_access.cli.local_target import open_broker

    asked = CredentialRequest(
        args.id,
        duration=args.duration,
        access=args.access,
        min_ttl=args.min_ttl,
        role_arn=args.role_arn,
        bucket=args.bucket,
        mfa=mfa_of(args, ask),
    )
    try:
        return open_broker(args, store, config).borrow(asked)
    except NoCredentials:
        # The key that is kept for the local AWS may be that of a user who was deployed before.
        if not args.local or not _forget_key(args, config):
            raise
        return open_broker(args, store, config).borrow(asked)


def _forget_key(args: argparse.Namespace, config: "Config") -> bool:
    from temp_access.local_aws.state_dir import DEFAULT_STATE
    from temp_access.local_aws.user_key import forget_key

    return forget_key(args.state or DEFAULT_STATE, config.user.name)


def _request_fields(args: argparse.Namespace) -> dict[str, object]:
    names = ("id", "duration", "access", "env", "profile", "region", "role_arn", "bucket")
    said = {name: getattr(args, name) for name in names}
    return {**said, "config": os.path.abspath(args.config), "local": _state(args)}


def _state(args: argparse.Namespace) -> str | None:
    if not args.local:
        return None
    return os.path.abspath(args.state or os.path.join(".temp-access", "local"))


# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_CODE = re.compile(r"[0-9]{6}")


def mfa_of(args: argparse.Namespace, ask: bool) -> "Mfa | None":
    """Return what gives serial number and code when they are needed; None if no device was named."""
    serial = args.mfa_serial
    if serial is None:
        if args.mfa_code is not None:
            raise UserError("--mfa-code is of no use without --mfa-serial; name the device as well")
        return None

    def answer() -> tuple[str, str]:
        code = args.mfa_code or _asked(serial, ask)
        if not _CODE.fullmatch(code):
            raise UserError(f"the MFA code has {len(code)} characters that aren't six digits; type it again")
        return serial, code

    return answer


def _asked(serial: str, ask: bool) -> str:
    from temp_access.aws.errors import MfaNeeded

    if not ask or not sys.stdin.isatty():
        raise MfaNeeded(
            f"a code of the MFA device {serial} is needed, and there is no terminal to ask for it",
            "pass --mfa-code, or run `temp-access credentials` with the same options in a terminal: what it gets is "
            "kept",
        )
    print(f"code of the MFA device {serial}: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()

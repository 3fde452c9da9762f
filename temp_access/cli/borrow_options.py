"""What the borrowing commands share: their options, the cached or borrowed session, and the MFA code."""

import argparse
import os
import re
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.borrow.cache import Cache, cache_folder
from temp_access.borrow.cached_session import (
    CachedSession,
    MinTtl,
    Share,
    file_digests,
    find_cached_session,
    input_files,
    request_key,
)
from temp_access.cli.options import (
    account_argument,
    add_aws_options,
    add_config_options,
    duration_argument,
    load_config,
    role_arn_argument,
    seconds_argument,
)
from temp_access.errors import UserError

if TYPE_CHECKING:
    from temp_access.borrow.assume import Mfa
    from temp_access.borrow.broker import BrokeredSession
    from temp_access.borrow.session_store import SessionStore
    from temp_access.config.model import Config


# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_MFA_CODE = re.compile(r"[0-9]{6}")


def add_grant_options(parser: argparse.ArgumentParser) -> None:
    """Add the grant's id, --access and --within."""
    parser.add_argument("id", metavar="ID", help="the id of a grant, or an id that [any_id] admits")
    parser.add_argument(
        "--access", metavar="MODE", help="a narrower access mode than the grant's: list, read, write or read-write"
    )
    parser.add_argument("--within", metavar="SUBFOLDER", help="only this subfolder of the grant's folder")


def add_session_options(parser: argparse.ArgumentParser, min_ttl: MinTtl = None) -> None:
    """Add --duration and --min-ttl; `min_ttl` is the default."""
    parser.add_argument(
        "--duration",
        type=duration_argument,
        metavar="TIME",
        help="the session's duration, like 1h (default: the longest allowed)",
    )
    parser.add_argument(
        "--min-ttl",
        type=seconds_argument,
        default=min_ttl,
        metavar="TIME",
        help="use a cached session only if it has this much time left, like 30m or in seconds (default: "
        f"{'half of the session' if min_ttl is Share.HALF else '15m, or half of a shorter session'})",
    )


def add_identity_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name access.toml, the caller's credentials and the role: --config to --account."""
    add_config_options(parser)
    parser.add_argument(
        "--profile", help="the profile of temp-user, or of a borrower (default: the credentials that the AWS CLI uses)"
    )
    add_aws_options(parser)
    parser.add_argument(
        "--role-arn", type=role_arn_argument, metavar="ARN", help="the role's ARN, if it can't be looked up"
    )
    parser.add_argument("--bucket", metavar="NAME", help="the bucket, if it can't be looked up")
    parser.add_argument(
        "--account", type=account_argument, metavar="ACCOUNT", help="the account of the role, if nothing else tells it"
    )


def add_token_option(parser: argparse.ArgumentParser) -> None:
    """Add --web-identity-token-file."""
    parser.add_argument(
        "--web-identity-token-file",
        type=Path,
        metavar="FILE",
        help="borrow with the token of an identity provider in this file, instead of credentials",
    )


def add_borrow_options(parser: argparse.ArgumentParser, min_ttl: MinTtl = None) -> None:
    """Add the options of commands that borrow: the grant's id, --access to --account.

    `min_ttl` is that of `add_session_options`.
    """
    add_grant_options(parser)
    add_session_options(parser, min_ttl)
    parser.add_argument("--no-cache", action="store_true", help="don't read or write the session cache")
    add_mfa_options(parser)
    add_token_option(parser)
    add_identity_options(parser)


def add_mfa_options(parser: argparse.ArgumentParser) -> None:
    """Add --mfa-serial and --mfa-code."""
    parser.add_argument("--mfa-serial", metavar="ARN", help="the caller's MFA device, if the role requires MFA")
    parser.add_argument(
        "--mfa-code", metavar="CODE", help="the device's current code (default: the terminal asks for it)"
    )


def borrow(args: argparse.Namespace, *, ask: bool = True) -> CachedSession:
    """Return the session that `args` request, and print its notes to standard error.

    `ask` False never asks for an MFA code. Raises BorrowError and ConfigError.
    """
    cache = Cache(cache_folder(os.environ))
    key = request_key(_request_fields(args), os.environ)
    cached = None if args.no_cache else find_cached_session(cache, key, args.min_ttl)
    session, notes = cached or _borrow_and_cache(args, cache, key, ask)
    for note in notes:
        print_note(note)
    return session


def print_note(note: str) -> None:
    """Print a note to standard error."""
    print(f"note: {note}", file=sys.stderr)


def _borrow_and_cache(args: argparse.Namespace, cache: Cache, key: str, ask: bool) -> tuple[CachedSession, list[str]]:
    from temp_access.borrow.session_store import NullStore, SessionStore

    store = NullStore() if args.no_cache else SessionStore(cache, print_note)
    started = time.time()
    # A process that waits here for the same request of another one hasn't imported anything heavy yet. But whoever may
    # be asked for an MFA code keeps nobody waiting.
    with nullcontext() if ask and sys.stdin and sys.stdin.isatty() else store.locked("requests", key):
        cached = None if args.no_cache else find_cached_session(cache, key, args.min_ttl, since=started)
        if cached:
            return cached
        # Digested before access.toml is read: a change from here on invalidates the cached request.
        files = file_digests([str(args.config.absolute()), *_token_files(args), *input_files(os.environ, _state(args))])
        config = load_config(args)
        brokered = _borrow(args, store, config, ask)
        files |= file_digests(str(path.absolute()) for path in config.files[1:])
        request = {
            "files": files,
            "session": brokered.key,
            "notes": brokered.notes,
            "expires_at": brokered.session["expires_at"],
        }
        store.write("requests", key, request)
    return brokered.session, list(brokered.notes)


def _borrow(args: argparse.Namespace, store: "SessionStore", config: "Config", ask: bool) -> "BrokeredSession":
    from temp_access.aws.errors import NoCredentials
    from temp_access.borrow.broker import CredentialRequest
    from temp_access.borrow.grants import find_grant
    from temp_access.cli.local_target import account_of, local_user, open_broker, token_file

    grant = find_grant(config, args.id)
    request = CredentialRequest(
        args.id,
        duration=args.duration,
        access=args.access,
        within=args.within,
        min_ttl=args.min_ttl,
        role_arn=args.role_arn,
        bucket=args.bucket,
        account=account_of(args, config, grant),
        mfa=mfa_of(args, ask=ask),
    )
    try:
        return open_broker(args, store, config, ask=ask, grant=grant).borrow(request)
    except NoCredentials:
        # The key in the local AWS's state folder may belong to a user of an earlier deployment.
        is_key = args.local and not token_file(args, grant)
        if not is_key or not _forget_deleted_key(args, local_user(config, grant)):
            raise
        return open_broker(args, store, config, ask=ask, grant=grant).borrow(request)


def _forget_deleted_key(args: argparse.Namespace, user_name: str) -> bool:
    from temp_access.local_aws.state_dir import DEFAULT_STATE
    from temp_access.local_aws.user_key import forget_deleted_key

    return forget_deleted_key(args.state or DEFAULT_STATE, user_name, os.environ.get("AWS_ACCESS_KEY_ID"))


def _token_files(args: argparse.Namespace) -> list[str]:
    """Return the file whose token may borrow, if there is one: another subject's token in it is another caller."""
    file = args.web_identity_token_file or os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")
    return [os.path.abspath(file)] if file else []


def _request_fields(args: argparse.Namespace) -> dict[str, object]:
    names = ("id", "duration", "access", "within", "env", "profile", "region", "role_arn", "bucket", "account")
    fields = {name: getattr(args, name) for name in names}
    token = args.web_identity_token_file and os.path.abspath(args.web_identity_token_file)
    return {**fields, "token": token, "config": os.path.abspath(args.config), "local": _state(args)}


def _state(args: argparse.Namespace) -> str | None:
    """Return the path of the local AWS's state folder, None without --local."""
    if not args.local:
        return None
    return os.path.abspath(args.state or os.path.join(".temp-access", "local"))


def mfa_of(args: argparse.Namespace, *, ask: bool = True) -> "Mfa | None":
    """Return the function that gets the MFA device's serial number and code; None without --mfa-serial."""
    serial = args.mfa_serial
    if serial is None:
        if args.mfa_code is not None:
            raise UserError("--mfa-code needs --mfa-serial; pass the MFA device's ARN too")
        return None

    def mfa() -> tuple[str, str]:
        code = args.mfa_code or _ask_for_code(serial, ask)
        if not _MFA_CODE.fullmatch(code):
            raise UserError(f"the MFA code isn't six digits ({len(code)} characters); type it again")
        return serial, code

    return mfa


def _ask_for_code(serial: str, ask: bool) -> str:
    from temp_access.aws.errors import MfaNeeded

    if not ask or not (sys.stdin and sys.stdin.isatty()):
        raise MfaNeeded(
            f"the role requires a code of the MFA device {serial}, and there is no terminal to ask for it",
            "pass --mfa-code, or run `temp-access credentials` with the same options in a terminal: its session is "
            "cached (--min-ttl uses one with less time left)",
        )
    print(f"code of the MFA device {serial}: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()

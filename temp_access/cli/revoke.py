"""`temp-access revoke`: deny the sessions that were borrowed before now, and prove that the denial works."""

import argparse
import os
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from temp_access.cli.account import open_account, open_user_session, require_deployer
from temp_access.cli.borrow_options import mfa_of
from temp_access.cli.options import (
    add_aws_options,
    add_config_options,
    add_deployer_option,
    confirm,
    duration_argument,
    load_config,
)
from temp_access.config.model import Config
from temp_access.errors import UserError
from temp_access.revoke.model import (
    Revocation,
    Revocations,
    RevocationScope,
    ScopeType,
    describe,
    describe_sessions,
    expire,
    remove,
)

if TYPE_CHECKING:
    import boto3

    from temp_access.deployment.target import Target
    from temp_access.revoke.proof import Polling
    from temp_access.revoke.role import RolePolicies, RoleSnapshot


EXAMPLES = """\
examples (after `make demo`):
  temp-access revoke bob --local             # bob's sessions; bobby's still work
  temp-access revoke bob --undo --local      # unexpired sessions work again
  temp-access revoke --all --env prod --deployer-profile admin --profile temp-user

Only sessions that were borrowed before now are denied: anyone who may borrow can borrow again.

exit code: 0 revoked and proved, 1 not proved in time, 2 bad usage or missing credentials, 3 inconclusive"""
_MFA_SESSION_SECONDS = 3600


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    scope = parser.add_mutually_exclusive_group(required=True)
    scope.add_argument("id", nargs="?", metavar="ID", help="revoke the sessions of this grant")
    scope.add_argument("--session", metavar="NAME", help="revoke the sessions with this role session name")
    scope.add_argument("--all", action="store_true", help="revoke all sessions of the role")
    parser.add_argument("--undo", action="store_true", help="remove the revocation again")
    add_config_options(parser)
    add_aws_options(parser)
    add_deployer_option(parser)
    parser.add_argument("--profile", help="temp-user's profile, for the proof")
    parser.add_argument("--mfa-serial", metavar="ARN", help="temp-user's MFA device, if the role requires MFA")
    parser.add_argument("--mfa-code", metavar="CODE", help="the device's current code")
    parser.add_argument(
        "--wait",
        type=duration_argument,
        default=300,
        metavar="TIME",
        help="how long to wait for the proof (default: 5m)",
    )
    parser.add_argument(
        "--no-proof", action="store_true", help="revoke without a proof, and without temp-user's credentials"
    )
    parser.add_argument("--yes", action="store_true", help="don't ask for confirmation")


def run(args: argparse.Namespace) -> int:
    """Show the changes, make them, and prove that they work."""
    from temp_access.aws.clients import service_client
    from temp_access.deployment.target import deployed_target
    from temp_access.revoke.role import RolePolicies

    config = load_config(args)
    account = open_account(args, config, args.deployer_profile)
    require_deployer(account, config.user.name)
    target = deployed_target(account.session, config, account.id, account.arn)
    policies = RolePolicies(service_client(account.session, "iam"), target.role_name)
    role, revocations = policies.snapshot(), policies.revocations()
    scopes = _scopes(args, config, target, role)
    print(f"the role {target.role_name} of account {account.id}, as {account.arn}", file=sys.stderr)
    if args.undo:
        return _undo(args, policies, role, revocations, scopes)
    user = None if args.no_proof else _proof_session(args, config, target)
    return _revoke(args, config, target, policies, revocations, scopes, user)


def _scopes(
    args: argparse.Namespace, config: Config, target: "Target", role: "RoleSnapshot"
) -> tuple[RevocationScope, ...]:
    from temp_access.aws.errors import GrantNotFound
    from temp_access.borrow.grants import find_grant
    from temp_access.revoke.scopes import grant_scopes, session_scope, unknown_callers

    if args.all:
        return (RevocationScope(ScopeType.ALL),)
    if args.session is not None:
        return (session_scope(role.role_id, args.session),)
    try:
        find_grant(config, args.id)
    except GrantNotFound as error:
        # A session of a grant that was just removed from the file can still exist.
        print(f"note: {error.cause}; its sessions are revoked anyway", file=sys.stderr)
    for account in unknown_callers(config):
        print(f"note: sessions that users of {account} borrowed aren't matched; --all matches them", file=sys.stderr)
    return grant_scopes(config, args.id, user_name=target.user_name)


def _undo(
    args: argparse.Namespace,
    policies: "RolePolicies",
    role: "RoleSnapshot",
    revocations: Revocations,
    scopes: tuple[RevocationScope, ...],
) -> int:
    removed = [revocation for revocation in revocations if revocation.scope in scopes]
    if not removed:
        in_force = f" (in force: {'; '.join(map(describe, revocations))})" if revocations else ""
        raise UserError(f"nothing is revoked for {_describe(scopes)}{in_force}; check the id, --session or --all")
    remaining, ended = expire(remove(revocations, scopes), role.time)
    changes = [f"- {describe(revocation)}: removed, unexpired sessions work again" for revocation in removed]
    _print_changes(remaining, ended, changes)
    if not _confirmed(args, "remove this revocation?"):
        return 2
    policies.remove(scopes, role.time)
    print(f"removed the revocation of {_describe(scopes)}; it can take minutes until every server knows")
    return 0


def _revoke(
    args: argparse.Namespace,
    config: Config,
    target: "Target",
    policies: "RolePolicies",
    revocations: Revocations,
    scopes: tuple[RevocationScope, ...],
    user: "boto3.Session | None",
) -> int:
    from temp_access.borrow.cache import Cache, cache_folder
    from temp_access.revoke.proof import CanarySessions, prove_with_canaries
    from temp_access.revoke.scopes import purge_revoked

    now = policies.snapshot().time
    remaining, ended = expire(remove(revocations, scopes), now)
    policies.check_quota(_new(scopes, now), now)
    changes = [
        f"+ {describe_sessions(scope)}: every action denied if issued before now ({now:%H:%M:%S} UTC)"
        for scope in scopes
    ]
    _print_changes(remaining, ended, changes)
    if not _confirmed(args, "revoke them?"):
        return 2

    def write_policy() -> None:
        policies.add(_new(scopes, policies.cutoff()), now)
        print("wrote the policy to the role; --undo removes it", file=sys.stderr)
        if count := purge_revoked(Cache(cache_folder(os.environ)), target.role_arn, scopes):
            print(f"deleted {count} of these sessions from this machine's cache", file=sys.stderr)

    if user is None:
        write_policy()
        print(f"revoked, not proved: {_describe(scopes)}; it can take minutes until every server knows")
        return 0
    canaries = CanarySessions(user, config, role_arn=target.role_arn, bucket=target.bucket)
    name, other_name = _canary_names(args, config, target)
    proof = prove_with_canaries(canaries, name, other_name, write_policy, _polling(args.wait))
    other = f"; a session called {other_name} still works" if proof.bystander_works else ""
    print(
        f"revoked and proved: {_describe(scopes)}; "
        f"a session borrowed before was refused after {proof.refused_after:.1f} s, "
        f"a session borrowed after worked after {proof.works_after:.1f} s{other}"
    )
    return 0


def _new(scopes: tuple[RevocationScope, ...], before: datetime) -> Revocations:
    return tuple(Revocation(scope, before) for scope in scopes)


def _canary_names(args: argparse.Namespace, config: Config, target: "Target") -> tuple[str, str | None]:
    from temp_access.revoke.scopes import any_canary_name, grant_canary_names, session_canary_names

    if args.all:
        return any_canary_name(config, user_name=target.user_name), None
    if args.session is not None:
        return session_canary_names(args.session)
    return grant_canary_names(config, args.id, user_name=target.user_name)


def _confirmed(args: argparse.Namespace, question: str) -> bool:
    from temp_access.aws.clients import endpoint_override

    return bool(args.yes or endpoint_override() or confirm(question))


def _print_changes(remaining: Revocations, ended: Revocations, changes: Iterable[str]) -> None:
    lines = [*changes, *(f"= {describe(revocation)}: unchanged" for revocation in remaining)]
    lines += [f"- {describe(revocation)}: removed, all its sessions have expired" for revocation in ended]
    print("\n".join(f"  {line}" for line in lines), file=sys.stderr)


def _describe(scopes: tuple[RevocationScope, ...]) -> str:
    return ", ".join(map(describe_sessions, scopes))


def _polling(wait: int) -> "Polling":
    from temp_access.aws.clients import endpoint_override
    from temp_access.revoke.proof import Polling

    next_line = 2.0

    def on_wait(event: str, passed: float) -> None:
        nonlocal next_line
        # An occasional line reads better in a log than a line that overwrites itself.
        if passed >= next_line:
            next_line = passed + 15
            print(f"waiting for {event} ({passed:.0f} s of {wait} s)", file=sys.stderr)

    return Polling(wait=wait, pause=0.2 if endpoint_override() else 2.0, on_wait=on_wait)


def _proof_session(args: argparse.Namespace, config: Config, target: "Target") -> "boto3.Session":
    """Return temp-user's session, authenticated with MFA if the role requires it.

    The proof borrows several times, and an MFA code is good for one call, so the code goes to GetSessionToken. Raises
    UserError if temp-user's credentials or the code are missing.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from temp_access.aws.assume_role import session_token
    from temp_access.aws.clients import boto3_session, service_client
    from temp_access.aws.errors import from_client_error, from_connection_error

    if args.profile is None and not args.local:
        raise UserError(
            f"{target.user_name}'s credentials are missing; pass them with --profile, or skip the proof with --no-proof"
        )
    session = open_user_session(args, target)
    if not config.role.conditions.mfa:
        return session
    if not (args.mfa_serial and args.mfa_code):
        raise UserError("the role requires MFA; pass --mfa-serial and --mfa-code, or --no-proof")
    mfa = mfa_of(args, ask=False)
    serial, code = (mfa and mfa()) or (None, None)
    try:
        credentials = session_token(
            service_client(session, "sts"), duration=_MFA_SESSION_SECONDS, mfa_serial=serial, mfa_code=code
        )
    except ClientError as error:
        raise from_client_error(error, target.user_arn, target.role_arn) from None
    except BotoCoreError as error:
        raise from_connection_error(error) from None
    return boto3_session(credentials, target.region)

"""Revoke."""

import argparse
import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from temp_access.cli.options import (
    add_aws_options,
    add_config_options,
    confirm,
    duration_argument,
    enter_local,
    load_config,
)
from temp_access.config.model import Config
from temp_access.errors import TempAccessError, UserError
from temp_access.revoke.model import (
    Revocation,
    Revocations,
    RevocationScope,
    ScopeType,
    add,
    describe,
    describe_sessions,
    expire,
    remove,
)

if TYPE_CHECKING:
    import boto3

    from temp_access.aws.assume_role import Credentials
    from temp_access.deployment.target import Target
    from temp_access.revoke.proof import Attempt, CanarySessions, Polling
    from temp_access.revoke.role import RolePolicies, RoleSnapshot


EXAMPLES = """\
examples (after `make demo`):
  temp-access revoke bob --local             bob's sessions; bobby's go on working
  temp-access revoke bob --undo --local      let those work again that haven't expired
  temp-access revoke --all --env prod --deployer-profile admin --profile temp-user

What is revoked are the sessions that were borrowed before now: whoever may borrow can borrow again.
exit code: 0 done and proved, 1 not proved in time, 2 bad usage or missing credentials, 3 AWS couldn't be asked"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    scope = parser.add_mutually_exclusive_group(required=True)
    scope.add_argument("id", nargs="?", metavar="ID", help="the sessions of this grant")
    scope.add_argument("--session", metavar="NAME", help="the sessions with this role session name")
    scope.add_argument("--all", action="store_true", help="every session of the role")
    parser.add_argument("--undo", action="store_true", help="take the entry out again")
    add_config_options(parser)
    add_aws_options(parser)
    parser.add_argument("--deployer-profile", metavar="PROFILE", help="default: the default credentials")
    parser.add_argument("--profile", help="temp-user's own credentials, for the proof")
    parser.add_argument("--mfa-serial", metavar="ARN", help="temp-user's MFA device, if the role asks for MFA")
    parser.add_argument("--mfa-code", metavar="CODE", help="its present code")
    parser.add_argument(
        "--wait", type=duration_argument, default=300, metavar="TIME", help="how long to wait for the proof (5m)"
    )
    parser.add_argument("--no-proof", action="store_true", help="revoke only; temp-user's credentials aren't needed")
    parser.add_argument("--yes", action="store_true", help="don't ask")


def run(args: argparse.Namespace) -> int:
    """Show what is changed, change it, and prove it."""
    from temp_access.deployment.target import check_environment, deployed_target, open_session, session_identity
    from temp_access.revoke.role import RolePolicies

    config = load_config(args)
    enter_local(args)
    deployer = open_session(args.deployer_profile, args.region)
    account, arn = session_identity(deployer)
    check_environment(config, account, str(deployer.region_name))
    if arn.endswith(f":user/{config.user.name}"):
        raise UserError(f"these are {config.user.name}'s own credentials; pass the deployer's with --deployer-profile")
    target = deployed_target(deployer, config, account, arn)
    policies = RolePolicies(deployer.client("iam"), target.role_name)
    role, entries = policies.snapshot(), policies.revocations()
    scopes = _scopes(args, config, target, role)
    print(f"the role {target.role_name} of account {account}, as {arn}", file=sys.stderr)
    if args.undo:
        return _undo(args, policies, role, entries, scopes)
    user = None if args.no_proof else proof_session(args, config, deployer, target)
    return _revoke(args, config, target, policies, entries, scopes, user)


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
        # Somebody whose grant was just taken out of the file can still hold a session.
        print(f"note: {error.cause}; sessions of that name are meant all the same", file=sys.stderr)
    for account in unknown_callers(config):
        print(f"note: sessions that users of {account} borrowed aren't met; --all meets them", file=sys.stderr)
    return grant_scopes(config, args.id, user_name=target.user_name)


def _undo(
    args: argparse.Namespace,
    policies: "RolePolicies",
    role: "RoleSnapshot",
    entries: Revocations,
    scopes: tuple[RevocationScope, ...],
) -> int:
    mine = [entry for entry in entries if entry.scope in scopes]
    if not mine:
        rest = f"; in force: {'; '.join(map(describe, entries))}" if entries else ""
        raise UserError(f"nothing is revoked for {_all_scopes(scopes)}{rest}")
    kept, ended = expire(remove(entries, scopes), role.time)
    _print_changes(
        kept, ended, [f"- {describe(entry)}: taken back, those that haven't expired work again" for entry in mine]
    )
    if not _confirmed(args, "take this back?"):
        return 2
    policies.write(kept)
    print(f"taken back: {_all_scopes(scopes)}; it can take minutes until every server knows")
    return 0


def _revoke(
    args: argparse.Namespace,
    config: Config,
    target: "Target",
    policies: "RolePolicies",
    entries: Revocations,
    scopes: tuple[RevocationScope, ...],
    user: "boto3.Session | None",
) -> int:
    from temp_access.borrow.cache import Cache, cache_folder
    from temp_access.revoke.proof import CanarySessions, prove, wait_until_works
    from temp_access.revoke.scopes import purge_revoked

    now = policies.snapshot().time
    kept, ended = expire(remove(entries, scopes), now)
    policies.check_quota(_with_new(kept, scopes, now))
    changes = [
        f"+ {describe_sessions(scope)}: denied everything if issued before now ({now:%H:%M:%S} UTC)" for scope in scopes
    ]
    _print_changes(kept, ended, changes)
    if not _confirmed(args, "revoke them?"):
        return 2

    def put() -> None:
        policies.write(_with_new(kept, scopes, policies.cutoff()))
        print("the policy is on the role; --undo takes it off", file=sys.stderr)
        if dropped := purge_revoked(Cache(cache_folder(os.environ)), target.role_arn, scopes):
            print(f"dropped {dropped} of these sessions that were kept on this machine", file=sys.stderr)

    if user is None:
        put()
        print(f"revoked, not proved: {_all_scopes(scopes)}; it can take minutes until every server knows")
        return 0
    borrower = CanarySessions(user, config, role_arn=target.role_arn, bucket=target.bucket)
    pace = _polling(args.wait)
    name, other = _probe_names(args, config, target)
    before = wait_until_works(lambda: borrower.borrow(name), pace, "a session to work that is borrowed for the proof")
    untouched = _bystander(borrower, other)
    proof = prove(before, untouched, lambda: borrower.borrow(name), put, pace)
    others = f"; one called {other} isn't touched" if untouched else ""
    print(
        f"revoked and proved: {_all_scopes(scopes)}; "
        f"a session borrowed before was refused after {proof.refused_after:.1f} s, "
        f"one borrowed after worked at {proof.works_after:.1f} s{others}"
    )
    return 0


def _with_new(kept: Revocations, scopes: tuple[RevocationScope, ...], before: datetime) -> Revocations:
    for scope in scopes:
        kept = add(kept, Revocation(scope, before))
    return kept


def _probe_names(args: argparse.Namespace, config: Config, target: "Target") -> tuple[str, str | None]:
    from temp_access.revoke.scopes import any_canary_name, grant_canary_names, session_canary_names

    if args.all:
        return any_canary_name(config, user_name=target.user_name), None
    if args.session is not None:
        return session_canary_names(args.session)
    return grant_canary_names(config, args.id, user_name=target.user_name)


def _bystander(borrower: "CanarySessions", name: str | None) -> "Attempt | None":
    if name is None:
        return None
    try:
        session = borrower.borrow(name)
    except UserError:
        # The role may take no other name.
        return None
    # Another entry may deny it already; then it can show nothing.
    return session if session() else None


def _confirmed(args: argparse.Namespace, question: str) -> bool:
    from temp_access.aws.clients import endpoint_override

    return bool(args.yes or endpoint_override() or confirm(question))


def _print_changes(kept: Revocations, ended: Revocations, changes: list[str]) -> None:
    lines = [*changes, *(f"= {describe(entry)}: stays" for entry in kept)]
    lines += [f"- {describe(entry)}: swept, they have expired" for entry in ended]
    print("\n".join(f"  {line}" for line in lines), file=sys.stderr)


def _all_scopes(scopes: tuple[RevocationScope, ...]) -> str:
    return ", ".join(map(describe_sessions, scopes))


def _polling(wait: int) -> "Polling":
    from temp_access.aws.clients import endpoint_override
    from temp_access.revoke.proof import Polling

    next_line = 2.0

    def waiting(what: str, passed: float) -> None:
        nonlocal next_line
        # A line now and then: logs read better than a line that overwrites itself.
        if passed >= next_line:
            next_line = passed + 15
            print(f"waiting for {what} ({passed:.0f} s of {wait} s)", file=sys.stderr)

    return Polling(wait=wait, pause=0.2 if endpoint_override() else 2.0, on_wait=waiting)


_MFA_SESSION_SECONDS = 3600


def proof_session(
    args: argparse.Namespace, config: Config, deployer: "boto3.Session", target: "Target"
) -> "boto3.Session":
    """Return a session of temp-user: --profile's, with --local that of the key that is kept beside the local AWS.

    Raises UserError where temp-user's credentials, or the MFA code that the role asks for, are missing.
    """
    session = _long_term(args, deployer, target)
    return _with_mfa(args, session) if config.role.conditions.mfa else session


def _long_term(args: argparse.Namespace, deployer: "boto3.Session", target: "Target") -> "boto3.Session":
    from temp_access.aws.assume_role import Credentials
    from temp_access.deployment.target import open_session, session_identity

    if args.profile is not None:
        session = open_session(args.profile, args.region)
        _, arn = session_identity(session)
        if arn != target.user_arn:
            raise UserError(f"the profile {args.profile} is {arn}, not {target.user_arn}; pass {target.user_name}'s")
        return session
    if not args.local:
        raise UserError(
            f"{target.user_name}'s credentials are missing; pass them with --profile, or leave the proof out with "
            "--no-proof"
        )
    from temp_access.local_aws.state_dir import DEFAULT_STATE
    from temp_access.local_aws.user_key import user_environment

    kept = user_environment(args.state or DEFAULT_STATE, target.user_name)
    return _session(Credentials(kept["AWS_ACCESS_KEY_ID"], kept["AWS_SECRET_ACCESS_KEY"]), deployer)


def _with_mfa(args: argparse.Namespace, session: "boto3.Session") -> "boto3.Session":
    """Return a session that is authenticated with MFA: a code is good once, and the proof borrows several times."""
    from botocore.exceptions import BotoCoreError, ClientError

    from temp_access.aws.assume_role import session_token

    if not (args.mfa_serial and args.mfa_code):
        raise UserError("the role asks for MFA; pass --mfa-serial and --mfa-code, or --no-proof")
    try:
        given = session_token(
            session.client("sts"), duration=_MFA_SESSION_SECONDS, mfa_serial=args.mfa_serial, mfa_code=args.mfa_code
        )
    except (ClientError, BotoCoreError) as error:
        raise TempAccessError(f"no session with MFA: {error}", exit_code=1) from None
    return _session(given, session)


def _session(credentials: "Credentials", like: "boto3.Session") -> "boto3.Session":
    import boto3

    return boto3.Session(
        credentials.access_key_id,
        credentials.secret_access_key,
        credentials.session_token,
        region_name=like.region_name,
    )

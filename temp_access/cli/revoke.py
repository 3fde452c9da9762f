"""`temp-access revoke`: deny the sessions that were borrowed before now, and prove that the denial works."""

import argparse
import os
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from temp_access.cli.account import open_account, require_deployer
from temp_access.cli.options import (
    add_aws_options,
    add_config_options,
    add_deployer_option,
    confirm,
    duration_argument,
    load_config,
)
from temp_access.cli.revoke_proof import proof_session, prove_revocation
from temp_access.config.model import Config
from temp_access.errors import UserError
from temp_access.revoke.model import (
    Revocation,
    Revocations,
    RevocationScope,
    describe,
    describe_sessions,
    expire,
    remove,
)

if TYPE_CHECKING:
    from temp_access.deployment.target import Target
    from temp_access.revoke.targets import DeployedRoles, RevokedRole


EXAMPLES = """\
examples (after `make demo`):
  temp-access revoke bob --local             # bob's sessions; bobby's still work
  temp-access revoke bob --undo --local      # unexpired sessions work again
  temp-access revoke --all --env prod --deployer-profile admin --profile temp-user

Only sessions that were borrowed before now are denied: anyone who may borrow can borrow again.

exit code: 0 revoked and proved, 1 not proved in time, 2 bad usage or missing credentials, 3 inconclusive"""
_MOST_NAMES = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    scope = parser.add_mutually_exclusive_group(required=True)
    scope.add_argument("id", nargs="?", metavar="ID", help="revoke the sessions of this grant")
    scope.add_argument("--session", metavar="NAME", help="revoke the sessions with this role session name")
    scope.add_argument("--all", action="store_true", help="revoke all sessions of all roles")
    parser.add_argument(
        "--borrower", metavar="BORROWER", help="only the sessions of this borrower of the grant, such as user/ann"
    )
    parser.add_argument("--undo", action="store_true", help="remove the revocation again")
    add_config_options(parser)
    add_aws_options(parser)
    add_deployer_option(parser)
    parser.add_argument("--profile", help="the profile of temp-user, or of a borrower, for the proof")
    parser.add_argument("--mfa-serial", metavar="ARN", help="the user's MFA device, if the role requires MFA")
    parser.add_argument("--mfa-code", metavar="CODE", help="the device's current code")
    parser.add_argument(
        "--wait",
        type=duration_argument,
        default=300,
        metavar="TIME",
        help="how long to wait for the proof (default: 5m)",
    )
    parser.add_argument(
        "--no-proof", action="store_true", help="revoke without a proof, and without the credentials for it"
    )
    parser.add_argument("--yes", action="store_true", help="don't ask for confirmation")


def run(args: argparse.Namespace) -> int:
    """Show the changes, make them, and prove that they work."""
    from temp_access.deployment.target import deployed_target
    from temp_access.revoke.targets import DeployedRoles

    config = load_config(args)
    account = open_account(args, config, args.deployer_profile)
    require_deployer(account, config.user.name)
    target = deployed_target(account.session, config, account.id, account.arn)
    roles = _roles(args, config, DeployedRoles(account.session, config, target))
    names = _names([role.name for role in roles])
    print(f"the role{'s' if roles[1:] else ''} {names} of account {account.id}, as {account.arn}", file=sys.stderr)
    if args.undo:
        return _undo(args, roles)
    return _revoke(args, config, target, roles)


def _roles(args: argparse.Namespace, config: Config, deployed: "DeployedRoles") -> list["RevokedRole"]:
    from temp_access.aws.errors import GrantNotFound
    from temp_access.borrow.grants import find_grant
    from temp_access.revoke.scopes import unknown_callers

    if args.borrower is not None:
        if args.id is None:
            raise UserError("--borrower is for the borrowers of one grant; pass the grant's id too")
        return deployed.of_borrower(args.id, args.borrower)
    if args.all:
        return deployed.of_all_sessions()
    if args.session is not None:
        return deployed.of_session(args.session)
    try:
        find_grant(config, args.id)
    except GrantNotFound as error:
        # A session of a grant that was just removed from the file can still exist.
        print(f"note: {error.cause}; its sessions are revoked anyway", file=sys.stderr)
    roles = deployed.of_grant(args.id)
    for account in unknown_callers(config) if roles[-1].is_shared else ():
        print(f"note: sessions that users of {account} borrowed aren't matched; --all matches them", file=sys.stderr)
    return roles


def _undo(args: argparse.Namespace, roles: list["RevokedRole"]) -> int:
    from temp_access.aws.parallel import in_parallel

    now = roles[0].policies.snapshot().time
    in_force = in_parallel(lambda role: role.policies.revocations(), roles)
    changes = []
    for role, revocations in zip(roles, in_force, strict=True):
        if removed := [revocation for revocation in revocations if revocation.scope in role.scopes]:
            remaining, ended = expire(remove(revocations, role.scopes), now)
            lines = [f"- {describe(revocation)}: removed, unexpired sessions work again" for revocation in removed]
            changes.append((role, _lines(remaining, ended, lines)))
    if not changes:
        found = [describe(revocation) for revocations in in_force for revocation in revocations]
        more = f" (in force: {'; '.join(found)})" if found else ""
        raise UserError(f"nothing is revoked for {_describe(roles)}{more}; check the id, --session or --all")
    _print_changes(changes, len(roles))
    if not _confirmed(args, "remove this revocation?"):
        return 2
    in_parallel(lambda role: role.policies.remove(role.scopes, now), [role for role, _ in changes])
    print(f"removed the revocation of {_describe(roles)}; it can take minutes until every server knows")
    return 0


def _revoke(args: argparse.Namespace, config: Config, target: "Target", roles: list["RevokedRole"]) -> int:
    from temp_access.aws.parallel import in_parallel
    from temp_access.borrow.cache import Cache, cache_folder
    from temp_access.revoke.scopes import purge_revoked

    user = None if args.no_proof else proof_session(args, config, target, roles[0])
    now = roles[0].policies.snapshot().time

    def planned(role: "RevokedRole") -> list[str]:
        remaining, ended = expire(remove(role.policies.revocations(), role.scopes), now)
        role.policies.check_quota(_new(role.scopes, now), now)
        lines = [
            f"+ {describe_sessions(scope)}: every action denied if issued before now ({now:%H:%M:%S} UTC)"
            for scope in role.scopes
        ]
        return _lines(remaining, ended, lines)

    _print_changes(list(zip(roles, in_parallel(planned, roles), strict=True)), len(roles))
    if not _confirmed(args, "revoke them?"):
        return 2

    def write(role: "RevokedRole") -> None:
        role.policies.add(_new(role.scopes, role.policies.cutoff()), now)

    def write_policy() -> None:
        in_parallel(write, roles)
        what = f"the policies to {len(roles)} roles" if roles[1:] else "the policy to the role"
        print(f"wrote {what}; --undo removes {'them' if roles[1:] else 'it'}", file=sys.stderr)
        cache = Cache(cache_folder(os.environ))
        if count := sum(purge_revoked(cache, role.arn, role.scopes) for role in roles):
            print(f"deleted {count} of these sessions from this machine's cache", file=sys.stderr)

    if user is None:
        write_policy()
        print(f"revoked, not proved: {_describe(roles)}; it can take minutes until every server knows")
        return 0
    first, others = roles[0], roles[1:]
    proof, other_name = prove_revocation(args, config, target, first, user, write_policy)
    other = f"; a session called {other_name} still works" if proof.bystander_works else ""
    of_role = f" of {first.name}" if others else ""
    print(
        f"revoked and proved: {_describe([first])}{of_role}; "
        f"a session borrowed before was refused after {proof.refused_after:.1f} s, "
        f"a session borrowed after worked after {proof.works_after:.1f} s{other}"
    )
    if others:
        print(f"revoked in the same way, not proved: {_describe(others)} of {_names([role.name for role in others])}")
    return 0


def _new(scopes: tuple[RevocationScope, ...], before: datetime) -> Revocations:
    return tuple(Revocation(scope, before) for scope in scopes)


def _confirmed(args: argparse.Namespace, question: str) -> bool:
    from temp_access.aws.clients import endpoint_override

    return bool(args.yes or endpoint_override() or confirm(question))


def _lines(remaining: Revocations, ended: Revocations, changes: Iterable[str]) -> list[str]:
    unchanged = [f"= {describe(revocation)}: unchanged" for revocation in remaining]
    return [
        *changes,
        *unchanged,
        *(f"- {describe(revocation)}: removed, all its sessions have expired" for revocation in ended),
    ]


def _print_changes(changes: list[tuple["RevokedRole", list[str]]], count: int) -> None:
    """Print the changes of each role, those that are the same once."""
    names: dict[tuple[str, ...], list[str]] = {}
    for role, lines in changes:
        names.setdefault(tuple(lines), []).append(role.name)
    for same, of_roles in names.items():
        if count > 1:
            print(f"  {_names(of_roles)}:", file=sys.stderr)
        print("\n".join(f"{'    ' if count > 1 else '  '}{line}" for line in same), file=sys.stderr)


def _names(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= _MOST_NAMES else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _describe(roles: list["RevokedRole"]) -> str:
    return ", ".join(dict.fromkeys(describe_sessions(scope) for role in roles for scope in role.scopes))

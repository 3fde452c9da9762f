"""The proof of `temp-access revoke`: whose credentials borrow the sessions for it, and how long to wait."""

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from temp_access.cli.account import open_user_session
from temp_access.cli.borrow_options import mfa_of
from temp_access.config.borrower import BorrowerKind
from temp_access.config.model import Config
from temp_access.errors import UserError

if TYPE_CHECKING:
    import boto3

    from temp_access.deployment.target import Target
    from temp_access.revoke.proof import Polling, Proof
    from temp_access.revoke.targets import RevokedRole

_MFA_SESSION_SECONDS = 3600


def prove_revocation(
    args: argparse.Namespace,
    config: Config,
    target: "Target",
    role: "RevokedRole",
    user: "boto3.Session",
    write_policy: Callable[[], None],
) -> "tuple[Proof, str | None]":
    """Write the policy, and return the proof with the role's sessions, and the name of the one that isn't matched.

    Raises NotProvedError, and TempAccessError if a session can't be borrowed.
    """
    from temp_access.revoke.proof import CanarySessions, prove_with_canaries

    user_name = target.user_name if role.is_shared else _user_name(user)
    canaries = CanarySessions(
        user, config, role_arn=role.arn, bucket=target.bucket, grant=role.grant, user_name=user_name
    )
    name, other_name = _canary_names(args, config, role, user_name)
    return prove_with_canaries(canaries, name, other_name, write_policy, _polling(args.wait)), other_name


def _canary_names(
    args: argparse.Namespace, config: Config, role: "RevokedRole", user_name: str
) -> tuple[str, str | None]:
    from temp_access.revoke.scopes import any_canary_name, grant_canary_names, session_canary_names

    if args.session is not None:
        return session_canary_names(args.session)
    if args.all or not role.is_shared:
        return any_canary_name(config, user_name=user_name), None
    return grant_canary_names(config, args.id, user_name=user_name)


def _user_name(session: "boto3.Session") -> str:
    from temp_access.deployment.target import session_identity

    return session_identity(session)[1].rpartition("/")[2]


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


def proof_session(args: argparse.Namespace, config: Config, target: "Target", role: "RevokedRole") -> "boto3.Session":
    """Return the session of temp-user, or of a borrower of the role's grant, with MFA if the role requires it.

    The proof borrows several times, and an MFA code is good for one call, so the code goes to GetSessionToken. Raises
    UserError if the credentials or the code are missing.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from temp_access.aws.assume_role import session_token
    from temp_access.aws.clients import boto3_session, service_client
    from temp_access.aws.errors import from_client_error, from_connection_error

    session, arn = _shared_session(args, target) if role.is_shared else _borrower_session(args, target, role)
    if not config.role.conditions.mfa or ":user/" not in arn:
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
        raise from_client_error(error, arn, role.arn) from None
    except BotoCoreError as error:
        raise from_connection_error(error) from None
    return boto3_session(credentials, target.region)


def _shared_session(args: argparse.Namespace, target: "Target") -> "tuple[boto3.Session, str]":
    if args.profile is None and not args.local:
        raise UserError(
            f"{target.user_name}'s credentials are missing; pass them with --profile, or skip the proof with --no-proof"
        )
    return open_user_session(args, target), target.user_arn


def _borrower_session(args: argparse.Namespace, target: "Target", role: "RevokedRole") -> "tuple[boto3.Session, str]":
    from temp_access.deployment.target import open_session, session_identity

    if role.grant is None:
        raise UserError(f"access.toml doesn't have the grant of {role.name}, so nothing can be proved; pass --no-proof")
    chosen = [each for each in role.grant.borrowers if args.borrower in (None, each.text)]
    borrowers = ", ".join(each.text for each in chosen)
    if args.profile is not None:
        session = open_session(args.profile, args.region)
        arn = session_identity(session)[1]
        if args.borrower and arn not in [target.arn(each.resource) for each in chosen]:
            raise UserError(f"the profile {args.profile} is {arn}, not {borrowers}; pass that of {borrowers}")
        return session, arn
    users = [each.name for each in chosen if each.kind is BorrowerKind.USER and each.account is None]
    if not args.local or not users:
        raise UserError(
            f"the proof needs a session of {role.name}, which only its borrowers can assume; pass the credentials of "
            f"one ({borrowers}) with --profile, or skip the proof with --no-proof"
        )
    from temp_access.aws.assume_role import Credentials
    from temp_access.aws.clients import boto3_session
    from temp_access.local_aws.state_dir import DEFAULT_STATE
    from temp_access.local_aws.user_key import user_environment

    name = users[0].rpartition("/")[2]
    variables = user_environment(args.state or DEFAULT_STATE, name)
    key = Credentials(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"])
    return boto3_session(key, target.region), target.arn(f"user/{users[0]}")

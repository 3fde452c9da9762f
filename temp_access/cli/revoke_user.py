"""Temp-user's credentials, with which a revocation is proved."""

import argparse
from typing import TYPE_CHECKING

from temp_access.config.model import Config
from temp_access.errors import TempAccessError, UserError

if TYPE_CHECKING:
    import boto3

    from temp_access.sts.credentials import Credentials
    from temp_access.verify.model import Target

_SECONDS = 3600


def proving_user(
    args: argparse.Namespace, config: Config, deployer: "boto3.Session", target: "Target"
) -> "boto3.Session":
    """Return a session of temp-user: --profile's, with --local that of the key that is kept beside the local AWS.

    Raises UserError where temp-user's credentials, or the MFA code that the role asks for, are missing.
    """
    session = _long_term(args, deployer, target)
    return _with_mfa(args, session) if config.role.conditions.mfa else session


def _long_term(args: argparse.Namespace, deployer: "boto3.Session", target: "Target") -> "boto3.Session":
    from temp_access.sts.credentials import Credentials
    from temp_access.verify.live.target import open_session, who_am_i

    if args.profile is not None:
        session = open_session(args.profile, args.region)
        _, arn = who_am_i(session)
        if arn != target.user_arn:
            raise UserError(f"the profile {args.profile} is {arn}, not {target.user_arn}; pass {target.user_name}'s")
        return session
    if not args.local:
        raise UserError(
            f"{target.user_name}'s credentials are missing; pass them with --profile, or leave the proof out with "
            "--no-proof"
        )
    from local_aws.layout import DEFAULT_STATE
    from local_aws.user_key import user_environment

    kept = user_environment(args.state or DEFAULT_STATE, target.user_name)
    return _session(Credentials(kept["AWS_ACCESS_KEY_ID"], kept["AWS_SECRET_ACCESS_KEY"]), deployer)


def _with_mfa(args: argparse.Namespace, session: "boto3.Session") -> "boto3.Session":
    """Return a session that is authenticated with MFA: a code is good once, and the proof borrows several times."""
    from botocore.exceptions import BotoCoreError, ClientError

    from temp_access.sts.assume import session_token

    if not (args.mfa_serial and args.mfa_code):
        raise UserError("the role asks for MFA; pass --mfa-serial and --mfa-code, or --no-proof")
    try:
        given = session_token(
            session.client("sts"), duration=_SECONDS, mfa_serial=args.mfa_serial, mfa_code=args.mfa_code
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

"""The target of a command: AWS, or the local AWS with --local; and the caller's identity there."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.borrow.cached_session import file_digests, server_file
from temp_access.errors import UserError

if TYPE_CHECKING:
    from temp_access.aws.identity import ClientIdentity
    from temp_access.borrow.broker import CredentialBroker
    from temp_access.borrow.session_store import SessionStore
    from temp_access.config.model import Config, Grant


# What a client of the local AWS needs besides credentials and Region.
_CLIENT_VARIABLES = (
    "AWS_ENDPOINT_URL",
    "AWS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "AWS_EC2_METADATA_DISABLED",
    "NO_PROXY",
    "no_proxy",
)


def enter_local(state: Path | None, user: str | None = None) -> None:
    """Point this process and its children at the local AWS of `state`, as the deployed `user` or the deployer (None).

    This is the only function that changes the process's environment.
    """
    from temp_access.local_aws.client import CONFLICTING_VARIABLES
    from temp_access.local_aws.control import environment
    from temp_access.local_aws.state_dir import DEFAULT_STATE

    for name in CONFLICTING_VARIABLES:
        os.environ.pop(name, None)
    if user is None:
        os.environ.update(environment(state or DEFAULT_STATE))
    else:
        from temp_access.local_aws.user_key import user_environment

        os.environ.update(user_environment(state or DEFAULT_STATE, user))


def client_environment(args: argparse.Namespace) -> dict[str, str]:
    """Return the variables, besides keys, that a client of the local AWS needs; empty without --local."""
    if not args.local:
        return {}
    from temp_access.local_aws.control import environment
    from temp_access.local_aws.state_dir import DEFAULT_STATE

    variables = environment(args.state or DEFAULT_STATE)
    return {name: variables[name] for name in _CLIENT_VARIABLES}


def caller_identity(
    args: argparse.Namespace, config: "Config", *, ask: bool = True, grant: "Grant | None" = None
) -> "ClientIdentity":
    """Return who borrows `grant`: the holder of a token, --profile, or the default chain.

    With --local, it is the user of the local AWS that can borrow the grant. `ask` False never asks for the MFA code of
    the profile's role.
    """
    from temp_access.aws.errors import NoCredentials
    from temp_access.aws.identity import load_identity

    region = args.region or config.environment.region
    token = token_file(args, grant)
    if args.local:
        enter_local(args.state, None if token else local_user(config, grant))
    if token:
        from temp_access.aws.web_identity import load_token_holder

        return load_token_holder(token, region)
    try:
        return load_identity(args.profile, region, ask=ask)
    except NoCredentials as error:
        if grant is None or not grant.borrowers:
            raise
        from temp_access.borrow.borrowers import describe_borrowers

        raise NoCredentials(
            error.cause,
            f"borrow as one of its borrowers ({describe_borrowers(grant)}) with --profile, or with a token and "
            f"--web-identity-token-file; {error.remedy}",
        ) from error


def token_file(args: argparse.Namespace, grant: "Grant | None") -> Path | None:
    """Return the file of --web-identity-token-file, or AWS's variable for it if a token can borrow `grant`."""
    from temp_access.config.borrower import BorrowerKind

    option: Path | None = getattr(args, "web_identity_token_file", None)
    if option:
        if args.profile:
            raise UserError("--web-identity-token-file and --profile are two identities; pass one of them")
        return option
    if args.local or args.profile or grant is None or all(b.kind is not BorrowerKind.OIDC for b in grant.borrowers):
        return None
    from temp_access.aws.web_identity import token_file_of

    return token_file_of(os.environ)


def local_user(config: "Config", grant: "Grant | None") -> str:
    """Return the user whose key in the local AWS borrows `grant`: the first one of [users] that it names."""
    if grant:
        for name, grants in config.grants_by_user.items():
            if any(each.id == grant.id for each in grants):
                return name
    return config.user.name


def account_of(args: argparse.Namespace, config: "Config", grant: "Grant | None") -> str | None:
    """Return --account, or the local AWS's account where a token doesn't tell it."""
    if args.local and not config.environment.account and token_file(args, grant):
        from temp_access.local_aws.state_dir import ACCOUNT_ID

        return str(args.account or ACCOUNT_ID)
    account: str | None = args.account
    return account


def open_broker(
    args: argparse.Namespace,
    store: "SessionStore",
    config: "Config",
    *,
    ask: bool = True,
    grant: "Grant | None" = None,
) -> "CredentialBroker":
    """Return the broker that borrows grants of `config` for who borrows `grant`; see `caller_identity`."""
    from temp_access.borrow.broker import CredentialBroker

    identity = caller_identity(args, config, ask=ask, grant=grant)
    server = server_file(os.environ)
    return CredentialBroker(config, identity, store, local_run=file_digests([server]) if server else None)

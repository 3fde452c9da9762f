"""The target of a command: AWS, or the local AWS with --local; and the caller's identity there."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.borrow.cached_session import file_digests, server_file

if TYPE_CHECKING:
    from temp_access.aws.identity import CallerIdentity
    from temp_access.borrow.broker import CredentialBroker
    from temp_access.borrow.session_store import SessionStore
    from temp_access.config.model import Config


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


def caller_identity(args: argparse.Namespace, config: "Config", *, ask: bool = True) -> "CallerIdentity":
    """Return the identity of --profile or the default chain; with --local, temp-user's in the local AWS.

    `ask` False never asks for the MFA code of the profile's role.
    """
    from temp_access.aws.identity import load_identity

    if args.local:
        enter_local(args.state, config.user.name)
    return load_identity(args.profile, args.region or config.environment.region, ask=ask)


def open_broker(
    args: argparse.Namespace, store: "SessionStore", config: "Config", *, ask: bool = True
) -> "CredentialBroker":
    """Return the broker that borrows the grants of `config` for the caller; `ask` is that of `caller_identity`."""
    from temp_access.borrow.broker import CredentialBroker

    identity = caller_identity(args, config, ask=ask)
    server = server_file(os.environ)
    return CredentialBroker(config, identity, store, local_run=file_digests([server]) if server else None)
